import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import {
  GIVE_FILE,
  GIVE_TREE,
  KEEP_STREAM,
  MISSING,
  NO_DIRECTORY,
  SPECIAL,
  TAKE_STREAM,
  TAKE_TREE,
} from '../src/cli/copy/guest-scripts.ts';
import { KeptFree } from '../src/cli/copy/kept-free.ts';
import { TarReader } from '../src/cli/copy/tar-reader.ts';
import { writeTar } from '../src/cli/copy/tar-writer.ts';
import { Unpacker } from '../src/cli/copy/unpack.ts';

// What runs in a guest for a copy is run here, by the shells and tools that guests have, with the names that files there may have.

/** Each would be something else to a shell, to tar or to a terminal, if it were read as more than a name. */
const NAMES = [
  ...[
    '-rf',
    '--checkpoint-action=exec=sh canary',
    '-',
    '--',
    '.hidden',
    '..two',
    '...',
    'new\nline',
    '\nline',
    'end\n',
    ' ',
    ' a  b ',
  ],
  ...[
    "it's",
    '"quoted"',
    '$(touch canary)',
    '`touch canary`',
    '$HOME',
    '\\',
    'back\\nslash',
    'c\\cut',
    '~',
    '~root',
    '*',
    '?',
    '[a]',
    '!',
  ],
  ...[
    'a;touch canary',
    'a|b',
    'a&b',
    '<a>',
    '#a',
    'a=b',
    '(',
    '{a,b}',
    '\x1b[2J',
    'ümläut',
    'e\u0301',
    '\u202e',
    'n'.repeat(255),
    '0',
    'end',
  ],
];
const BYTES = [
  Buffer.from([0xff]),
  Buffer.from([0x2e, 0xff]),
  Buffer.from([0x61, 0xe2, 0x82]),
  Buffer.alloc(255, 0xfe),
  Buffer.from([0x81, 0x82, 0x88]),
];

let root: string;
let applets: string;
const at = (...parts: string[]) => join(root, ...parts);

before(() => {
  root = mkdtempSync(join(tmpdir(), 'lodge-names-'));
  applets = at('applets');
  mkdirSync(applets);
  const busybox = ['busybox', 'sh', 'tar', 'mv', 'rm', 'mkdir', 'cat', 'stat', 'mktemp', 'chmod', 'touch'];
  const path = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  for (const name of busybox) symlinkSync(path, join(applets, name));
  mkdirSync(at('from'));
  for (const [index, name] of NAMES.entries()) {
    // Every second one is a directory.
    const isFile = index % 2 === 0;
    if (!isFile) mkdirSync(at('from', name));
    writeFileSync(isFile ? at('from', name) : at('from', name, name), name);
  }
  mkdirSync(at('tmp'));
  for (const name of BYTES) writeFileSync(Buffer.concat([Buffer.from(`${at('from')}/`), name]), name);
});
after(() => rmSync(root, { recursive: true, force: true }));

function names(directory: string): string[] {
  return readdirSync(directory, { encoding: 'latin1', recursive: true }).sort();
}

async function archive(...paths: string[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  const sources = paths.map((path, index) => ({ path, name: String(index) }));
  for await (const part of writeTar(sources, () => assert.fail('something was left out'))) parts.push(part);
  return Buffer.concat(parts);
}

const GUESTS = { dash: ['dash'], bash: ['bash'], busybox: ['busybox', 'sh'] };

/** bash has dash's tools, and reads what stands in a script differently only where it reads more. */
const IN_BASH = NAMES.filter((name) => /[\\\n~$`-]/.test(name));

for (const [guest, [shell = '', ...first]] of Object.entries(GUESTS)) {
  const each = guest === 'bash' ? IN_BASH : NAMES;
  const run = (script: string, cwd: string, words: string[], input: Buffer | string = '') => {
    const path = guest === 'busybox' ? applets : process.env.PATH;
    const env = { PATH: path, HOME: cwd, LANG: 'C.UTF-8', TMPDIR: at('tmp') };
    const options = { cwd, input, env, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    const { status, stdout, stderr } = spawnSync(shell, [...first, '-c', script, 'lodge-cp', ...words], options);
    return { status, stdout, said: String(stderr) };
  };

  test(`files of any name come into a guest with ${guest}, also into a directory that is there`, async () => {
    const cwd = at(`into-${guest}`);
    mkdirSync(cwd);
    for (const _again of [1, 2]) {
      const { status, said } = run(TAKE_TREE, cwd, ['.', '0', '.work', 'copy'], await archive(at('from')));
      assert.deepEqual([status, said], [0, '']);
      assert.deepEqual(names(join(cwd, 'copy')), names(at('from')));
    }
    assert.deepEqual(readdirSync(cwd), ['copy']);
    assert.equal(readFileSync(join(cwd, 'copy', 'back\\nslash'), 'utf8'), 'back\\nslash');
  });

  test(`a target and a source of any name are these in a guest with ${guest}`, async () => {
    const cwd = at(`named-${guest}`);
    mkdirSync(cwd);
    const packed = await archive(at('from', NAMES[0] ?? ''));
    for (const name of each) {
      const taken = run(TAKE_TREE, cwd, [name, '0', '.work', 'other'], packed);
      assert.deepEqual([name, taken.status, taken.said], [name, 0, '']);
      const streamed = [name, '0', '.work'];
      for (const script of [TAKE_STREAM, KEEP_STREAM]) {
        const { status, said } = run(script, cwd, streamed, name);
        assert.deepEqual([name, status, said], [name, 0, '']);
      }
      const read = run(GIVE_FILE, cwd, [name]);
      assert.deepEqual([name, read.status, String(read.stdout), read.said], [name, 0, name, '']);
      const given = run(GIVE_TREE, cwd, [name]);
      assert.deepEqual([name, given.status, given.said], [name, 0, '']);
      assert.equal(readFileSync(unpacked(given.stdout, '0'), 'utf8'), name);
    }
    assert.deepEqual(names(cwd), each.map((name) => Buffer.from(name).toString('latin1')).sort());
  });

  test(`a directory of any name is filled and emptied in a guest with ${guest}`, async () => {
    const cwd = at(`filled-${guest}`);
    mkdirSync(cwd);
    const packed = await archive(at('from', NAMES[0] ?? ''));
    for (const name of each) {
      mkdirSync(join(cwd, name));
      const taken = run(TAKE_TREE, cwd, [`${name}/`, '1', '.work', 'it'], packed);
      assert.deepEqual([name, taken.status, taken.said], [name, 0, '']);
      const given = run(GIVE_TREE, cwd, [name]);
      assert.deepEqual([name, given.status, given.said], [name, 0, '']);
      assert.deepEqual([name, ...names(unpacked(given.stdout, '0'))], [name, 'it']);
    }
  });

  test(`a tree with any names comes out of a guest with ${guest}`, () => {
    const given = run(GIVE_TREE, at('from'), ['.']);
    assert.deepEqual([given.status, given.said], [0, '']);
    assert.deepEqual(names(unpacked(given.stdout, '0')), names(at('from')));
  });

  test(`a name is told as it is by a guest with ${guest}`, () => {
    for (const name of ['no\\such\\nname', 'c\\cut', "it's $(touch canary)"]) {
      const said = `${name}: there is no such file or directory in the guest\n`;
      for (const script of [GIVE_TREE, GIVE_FILE]) {
        const { status, said: told } = run(script, root, [name]);
        assert.deepEqual([status, told], [MISSING, said]);
      }
    }
    const deeper = run(TAKE_TREE, root, ['c\\cut/x', '0', '.work', 'x']);
    assert.deepEqual([deeper.status, deeper.said], [NO_DIRECTORY, 'there is no directory c\\cut in the guest\n']);
    const below = run(TAKE_TREE, root, ['c\\cut/new/', '1', '.work', 'x']);
    assert.deepEqual([below.status, below.said], [NO_DIRECTORY, 'there is no directory c\\cut/new in the guest\n']);
    const file = run(TAKE_TREE, root, ['/etc/passwd/', '1', '.work', 'x']);
    assert.deepEqual([file.status, file.said], [MISSING, '/etc/passwd: is no directory of the guest\n']);
  });

  test(`what the kernel makes up comes with its content out of a guest with ${guest}, and an empty file is empty`, () => {
    const cwd = at(`made-up-${guest}`);
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'empty'), '', { mode: 0o640 });
    symlinkSync('/proc/version', join(cwd, 'link'));
    for (const name of ['/proc/version', '/sys/kernel/mm/transparent_hugepage/enabled', 'link', 'empty']) {
      const given = run(GIVE_TREE, cwd, [name]);
      assert.deepEqual([given.status, given.said], [0, ''], name);
      assert.equal(readFileSync(unpacked(given.stdout, '0'), 'utf8'), readFileSync(resolve(cwd, name), 'utf8'), name);
    }
    assert.deepEqual(readdirSync(at('tmp')), [], 'what was read first is gone');
    for (const name of ['/proc/sys', '/sys', '/proc/']) {
      const { status, said } = run(GIVE_TREE, cwd, [name]);
      const why = `${name}: is made up by the guest's kernel, and its files are copied one by one\n`;
      assert.deepEqual([status, said], [SPECIAL, why]);
    }
  });

  test(`a copy that breaks off leaves nothing in a guest with ${guest}`, async () => {
    const cwd = at(`broken-${guest}`);
    mkdirSync(join(cwd, 'old'), { recursive: true });
    writeFileSync(join(cwd, 'file'), 'old');
    const whole = await archive(at('from'));
    for (const [words, input] of [
      [['file', '0', '.work', 'x'], whole.subarray(0, 700)],
      [['new', '0', '.work', 'x'], whole.subarray(0, Math.floor(whole.length / 1024) * 512)],
      [['old', '0', '.work', 'x'], Buffer.from('no archive')],
      [['file', '0', '.work', 'x'], whole],
    ] as const) {
      const { status } = run(TAKE_TREE, cwd, [...words], input);
      assert.notEqual(status, 0);
      assert.deepEqual(names(cwd), ['file', 'old']);
      assert.equal(readFileSync(join(cwd, 'file'), 'utf8'), 'old');
    }
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot(`another file system below the target gets whole files or none in a guest with ${guest}`, async () => {
    const cwd = at(`mounted-${guest}`);
    mkdirSync(join(cwd, 'tree', 'small'), { recursive: true });
    mkdirSync(at(`source-${guest}`, 'small'), { recursive: true });
    writeFileSync(at(`source-${guest}`, 'small', 'big'), Buffer.alloc(900_000, 'x'));
    writeFileSync(at(`source-${guest}`, 'small', 'fits'), 'fits');
    const small = join(cwd, 'tree', 'small');
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', small]);
    try {
      const packed = await archive(at(`source-${guest}`));
      const { status, said } = run(TAKE_TREE, cwd, ['.', '0', '.work', 'tree'], packed);
      assert.notEqual(status, 0);
      assert.match(said, /No space left on device/);
      assert.deepEqual(readdirSync(small), []);
      writeFileSync(at(`source-${guest}`, 'small', 'big'), 'small');
      assert.equal(run(TAKE_TREE, cwd, ['.', '0', '.work', 'tree'], await archive(at(`source-${guest}`))).status, 0);
      assert.deepEqual(readdirSync(small).sort(), ['big', 'fits']);
      assert.deepEqual(readdirSync(cwd), ['tree']);
    } finally {
      spawnSync('umount', [small]);
    }
  });
}

/** Unpacks an archive as `lodge cp` does. */
function unpacked(bytes: Buffer, top: string): string {
  const work = mkdtempSync(at('unpacked-'));
  const unpacker = new Unpacker(work, new KeptFree(work), (name) => assert.fail(`${name} was left out`));
  const reader = new TarReader(unpacker);
  reader.push(bytes);
  assert.ok(reader.isOver);
  unpacker.finish();
  chmodSync(work, 0o700);
  return join(work, top);
}
