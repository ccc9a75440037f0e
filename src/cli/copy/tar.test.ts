import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { KeptFree } from './kept-free.ts';
import { checksum, encodeHeader, paddingOf, type TarHeader } from './tar-format.ts';
import { TarReader } from './tar-reader.ts';
import { writeTar } from './tar-writer.ts';
import { Unpacker } from './unpack.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lodge-tar-'));
  for (const name of ['from', 'to', 'work']) mkdirSync(join(root, name));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (...parts: string[]) => join(root, ...parts);

/** Everything that a copy has to keep, as one text a path. */
function describeTree(top: string): string[] {
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(top, name);
      const found = lstatSync(path);
      const mode = (found.mode & 0o777).toString(8);
      if (found.isSymbolicLink()) return `${JSON.stringify(name)} -> ${readlinkSync(path)}`;
      const content = found.isFile() ? readFileSync(path).toString('base64').slice(0, 100) : 'directory';
      return `${JSON.stringify(name)} ${mode} ${Math.round(found.mtimeMs)} ${found.size * Number(found.isFile())} ${content}`;
    });
}

function makeTree(): void {
  mkdirSync(at('from', 'a b', 'deep'), { recursive: true });
  writeFileSync(at('from', 'a b', 'new\nline'), 'x');
  writeFileSync(at('from', 'ümläut'), Buffer.from([0, 255, 10]));
  writeFileSync(at('from', `${'n'.repeat(180)}`), 'long name');
  writeFileSync(at('from', 'empty'), '');
  writeFileSync(at('from', 'holes'), Buffer.concat([Buffer.alloc(3_000_000), Buffer.from('end')]));
  symlinkSync('../ümläut', at('from', 'a b', 'link'));
  symlinkSync('/nowhere', at('from', 'dangling'));
  chmodSync(at('from', 'empty'), 0o4751);
  utimesSync(at('from', 'empty'), 1_600_000_000.125, 1_600_000_000.125);
  utimesSync(at('from', 'a b', 'deep'), 1, 1);
  const old = new Date(-400_000_000);
  utimesSync(at('from', 'ümläut'), old, old);
  chmodSync(at('from', 'a b'), 0o550);
}

async function collect(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

function unpack(archive: Buffer, piece = 10_007): Unpacker {
  const unpacker = new Unpacker(at('work'), new KeptFree(at('work')), () => {});
  const reader = new TarReader(unpacker);
  for (let start = 0; start < archive.length; start += piece) reader.push(archive.subarray(start, start + piece));
  assert.ok(reader.isOver);
  unpacker.finish();
  return unpacker;
}

test('tar unpacks what we pack: names, bytes, modes, times and links are kept', async () => {
  makeTree();
  writeFileSync(at('archive'), await collect(writeTar([{ path: at('from'), name: '0' }], () => {})));
  execFileSync('tar', ['-C', at('to'), '-xpof', at('archive')]);
  chmodSync(at('from', 'empty'), 0o751);
  chmodSync(at('to', '0', 'empty'), 0o751);
  assert.deepEqual(describeTree(at('to', '0')), describeTree(at('from')));
  assert.ok(existsSync(at('to', 'end')));
});

for (const format of ['posix', 'gnu']) {
  test(`we unpack what tar packs as ${format}, without its set-user-ID bits and with its holes`, async () => {
    makeTree();
    execFileSync('tar', [`--format=${format}`, '-C', at('from'), '-cf', at('archive'), '.']);
    for (const piece of [512, 10_007, 10_000_000]) {
      unpack(readFileSync(at('archive')), piece);
      assert.equal(lstatSync(at('work', '0', 'empty')).mode & 0o7777, 0o751);
      chmodSync(at('from', 'empty'), 0o751);
      const seconds = (line: string) => line.replace(/ (\d+)\d{3} (?=\d+ )/, ' $1 ');
      assert.deepEqual(describeTree(at('work', '0')).map(seconds), describeTree(at('from')).map(seconds));
      // A piece smaller than a hole shows none.
      if (piece > 1_000_000) assert.ok(lstatSync(at('work', '0', 'holes')).blocks < 1000);
      rmSync(at('work', '0'), { recursive: true });
      chmodSync(at('from', 'empty'), 0o4751);
    }
  });
}

test('a file that is named by a link is copied itself, and a pipe is left out and told', async () => {
  writeFileSync(at('from', 'file'), 'content');
  symlinkSync('file', at('from', 'link'));
  execFileSync('mkfifo', [at('from', 'pipe')]);
  const leftOut: string[] = [];
  const sources = [
    { path: at('from', 'link'), name: '0' },
    { path: at('from'), name: '1' },
  ];
  writeFileSync(at('archive'), await collect(writeTar(sources, (path) => leftOut.push(path))));
  execFileSync('tar', ['-C', at('to'), '-xpof', at('archive')]);
  assert.equal(readFileSync(at('to', '0'), 'utf8'), 'content');
  assert.equal(readlinkSync(at('to', '1', 'link')), 'file');
  assert.deepEqual(leftOut, [at('from', 'pipe')]);
});

const TOP: TarHeader = { name: './', mode: 0o755, size: 0, mtimeNs: 0n, type: '5', linkName: '' };

function archive(...entries: Partial<TarHeader & { content: string }>[]): Buffer {
  const parts = entries.flatMap(({ content = '', ...header }) => {
    const body = Buffer.from(content);
    return [
      encodeHeader({ ...TOP, type: '0', size: body.length, ...header }),
      body,
      Buffer.alloc(paddingOf(body.length)),
    ];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

describe('an archive of a hostile guest writes nothing outside of its own directory', () => {
  const victim = () => at('to', 'victim');
  const attacks: Record<string, () => Buffer> = {
    'an absolute name': () => archive({ ...TOP }, { name: victim(), content: 'x' }),
    'a name with ..': () => archive({ ...TOP }, { name: '../../to/victim', content: 'x' }),
    'a name with .. in its middle': () => archive({ ...TOP }, { name: 'a/../../../to/victim', content: 'x' }),
    'a link and then a file through it': () =>
      archive({ ...TOP }, { name: 'out', type: '2', linkName: at('to') }, { name: 'out/victim', content: 'x' }),
    'a link and then a directory of its name': () =>
      archive(
        { ...TOP },
        { name: 'out', type: '2', linkName: at('to') },
        { name: 'out/', type: '5' },
        { name: 'out/victim', content: 'x' },
      ),
    'a directory and then a link in its place': () =>
      archive(
        { ...TOP },
        { name: 'd/', type: '5' },
        { name: 'd', type: '2', linkName: at('to') },
        { name: 'd/victim', content: 'x' },
      ),
    'a link and then a file of its name': () =>
      archive({ ...TOP }, { name: 'f', type: '2', linkName: victim() }, { name: 'f', content: 'x' }),
    'the top as a link': () =>
      archive({ name: 'x', type: '2', linkName: at('to') }, { name: 'x/victim', content: 'x' }),
    'a second top': () => archive({ name: 'one', content: 'x' }, { name: 'two', content: 'x' }),
    'a hard link to a file of ours': () => {
      writeFileSync(at('to', 'secret'), 'secret');
      return archive({ ...TOP }, { name: 'h', type: '1', linkName: '../../to/secret' });
    },
    'a hard link through a link': () => {
      writeFileSync(at('to', 'secret'), 'secret');
      return archive(
        { ...TOP },
        { name: 'out', type: '2', linkName: at('to') },
        { name: 'h', type: '1', linkName: 'out/secret' },
      );
    },
    'a hard link to a link': () =>
      archive({ ...TOP }, { name: 's', type: '2', linkName: victim() }, { name: 'h', type: '1', linkName: 's' }),
    'a name that has a zero in it': () => archive({ ...TOP }, { name: `${'a'.repeat(120)}\0b`, content: 'x' }),
    'an empty name': () => archive({ ...TOP }, { name: '', content: 'x' }),
    'a kind that nobody knows': () => archive({ ...TOP }, { name: 'x', type: 'S' }),
    'a name of a hundred kilobytes': () => archive({ ...TOP }, { name: 'x/'.repeat(60_000) }),
    'depth without end': () => archive({ ...TOP }, { name: 'x/'.repeat(500) }),
    'a wrong sum': () => Buffer.concat([archive({ ...TOP }).subarray(0, 512), Buffer.alloc(512, 'x')]),
    'a size below nothing': () => {
      const header = archive({ ...TOP, type: '0', name: 'x' }).subarray(0, 512);
      header.fill(0xff, 124, 136);
      header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      return header;
    },
    'an entry twice': () => archive({ ...TOP }, { name: 'f', content: 'x' }, { name: 'f', content: 'y' }),
    'headers without an entry': () =>
      Buffer.concat([archive({ ...TOP }).subarray(0, 512), ...Array(9).fill(archive({ type: 'x' }).subarray(0, 512))]),
    'more after its end': () => Buffer.concat([archive({ ...TOP }), Buffer.alloc(1024 * 1024)]),
    'no archive at all': () => Buffer.from('login:\n'.repeat(200)),
  };
  for (const [what, make] of Object.entries(attacks)) {
    test(what, () => {
      const before = describeTree(at('to')).length;
      const bytes = make();
      const planted = describeTree(at('to')).length - before;
      const unpacker = new Unpacker(at('work'), new KeptFree(at('work')), () => {});
      assert.throws(() => new TarReader(unpacker).push(bytes));
      unpacker.abandon();
      assert.equal(describeTree(at('to')).length, planted);
      assert.equal(existsSync(victim()), false);
    });
  }

  test('devices are left out, and what a link leads to is not touched by its time or mode', () => {
    writeFileSync(at('to', 'mine'), 'x');
    const found = lstatSync(at('to', 'mine'));
    const bytes = archive(
      { ...TOP },
      { name: 'dev', type: '3' },
      { name: 'l', type: '2', linkName: at('to', 'mine'), mode: 0 },
    );
    unpack(bytes);
    assert.deepEqual(readdirSync(at('work', '0')), ['l']);
    const { mode, mtimeMs } = lstatSync(at('to', 'mine'));
    assert.deepEqual({ mode, mtimeMs }, { mode: found.mode, mtimeMs: found.mtimeMs });
  });

  test('a time before 1970 is kept', () => {
    const record = '20 mtime=-86400.500\n';
    unpack(archive({ ...TOP }, { name: 'pax', type: 'x', content: record }, { name: 'old', content: 'x' }));
    assert.equal(lstatSync(at('work', '0', 'old')).mtimeMs, -86_400_500);
  });

  test('an archive that is cut off is not over', () => {
    const reader = new TarReader(new Unpacker(at('work'), new KeptFree(at('work')), () => {}));
    reader.push(archive({ ...TOP }, { name: 'x', content: 'content' }).subarray(0, 1024));
    assert.equal(reader.isOver, false);
  });
});
