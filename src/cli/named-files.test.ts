import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { runCliProcess } from '../../test/support/cli-process.ts';
import { startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { runLine } from '../../test/support/run-line.ts';
import { isLodgeError } from '../base/errors.ts';
import { layoutFromEnvironment } from './layout.ts';

/** Every way to name a file that is read, with %s where the path stands. */
const READERS: readonly string[][] = [
  ['create', 'web1', '--user-data', '%s'],
  ['create', 'web1', '--ssh-key', '%s'],
  ['create', 'web1', '--iso', '%s'],
  ['create', 'web1', '--image', '%s'],
  ['set', 'web1', '--iso', '%s'],
  ['set', 'web1', '--ssh-key', '%s'],
  ['image', 'import', '%s', '--name', 'x'],
  ['net', 'show', '--facts', '%s'],
  ['net', 'explain', '--facts', '%s'],
  ['api', 'POST', '/v1/guests', '--data', '@%s'],
  ['cp', '%s', 'web1:/root/'],
];

const WRITERS: readonly string[][] = [
  ['net', 'facts', '--output', '%s'],
  ['cp', 'web1:/etc/hostname', '%s'],
];

/** What the kernel or node:fs would say. */
const RAW = /\bE[A-Z]{4,}\b|, (?:open|stat|lstat|mkdtemp|read|scandir) |bytes-to-|this is a bug|undefined/;

function plant(root: string): Record<string, string> {
  writeFileSync(`${root}/file`, 'x');
  mkdirSync(`${root}/directory`);
  symlinkSync('circle', `${root}/circle`);
  symlinkSync('nowhere', `${root}/dangling`);
  execFileSync('mkfifo', [`${root}/fifo`]);
  return {
    missing: `${root}/missing`,
    below: `${root}/file/below`,
    circle: `${root}/circle`,
    dangling: `${root}/dangling`,
    long: `${root}/${'x'.repeat(300)}`,
    directory: `${root}/directory`,
    fifo: `${root}/fifo`,
    device: '/dev/zero',
  };
}

const CODES: Readonly<Record<string, number>> = { missing: 3, below: 3, circle: 3, dangling: 3 };

/** The daemon's part: a directory may be copied, and what is a disk image only the daemon can tell. */
function isForOthers([command = '', , option]: readonly string[], shape: string): boolean {
  if (!['directory', 'fifo', 'device'].includes(shape)) return false;
  return (
    (command === 'cp' && shape === 'directory') || command === 'image' || option === '--iso' || option === '--image'
  );
}

describe('a path that leads to no file', () => {
  for (const words of READERS) {
    test(words.join(' '), async () => {
      await using daemon = await startFakeDaemon();
      for (const [shape, path] of Object.entries(plant(daemon.root))) {
        if (isForOthers(words, shape)) continue;
        const { code, text } = await runLine(
          words.map((word) => word.replace('%s', path)),
          daemon.root,
        );
        assert.equal(code, CODES[shape] ?? 4, `${shape}: ${text}`);
        assert.match(text, /^lodge: /, shape);
        assert.ok(text.includes(path), `${shape}: ${text}`);
        assert.doesNotMatch(text, RAW, shape);
      }
    });
  }

  for (const words of WRITERS) {
    test(words.join(' '), async () => {
      await using daemon = await startFakeDaemon();
      daemon.on('GET /v1/network/facts', () => ({ version: 1, links: [], files: [] }));
      const { below, circle, long } = plant(daemon.root);
      const places = { below, circle, long, 'no directory': `${daemon.root}/no/file`, kernel: '/proc/x' };
      for (const [shape, path = ''] of Object.entries(places)) {
        const { code, text } = await runLine(
          words.map((word) => word.replace('%s', path)),
          daemon.root,
        );
        assert.ok(code === 3 || code === 4, `${shape}: ${code} ${text}`);
        assert.match(text, /^lodge: (?:--output: )?\//, shape);
        assert.doesNotMatch(text, RAW, shape);
      }
      const special = await runLine(['cp', 'web1:/etc/hostname', '/dev/null'], daemon.root);
      assert.match(special.text, /^lodge: \/dev\/null: is there and a device\n/);
      assert.equal(special.code, 4);
    });
  }

  test('several files and a wrong value at once: the line is wrong; several files alone: refused', async () => {
    await using daemon = await startFakeDaemon();
    const files = ['create', 'web1', '--iso', '/nope', '--user-data', daemon.root];
    assert.equal((await runLine(files, daemon.root)).code, 4);
    const mixed = await runLine([...files, '--vcpus', 'two'], daemon.root);
    assert.equal(mixed.code, 2);
    for (const option of ['--iso', '--user-data', '--vcpus'])
      assert.match(mixed.text, new RegExp(`\\n {2}${option}: must be`));
  });
});

describe('LODGE_ROOT', () => {
  test('one that depends on the directory is refused, with the absolute one', () => {
    for (const root of ['root', './root', '../root', 'a/b']) {
      assert.throws(
        () => layoutFromEnvironment(root, '/srv/here'),
        (error) =>
          isLodgeError(error, 'ROOT_UNUSABLE') && error.hint === `export LODGE_ROOT=${resolve('/srv/here', root)}`,
      );
    }
    assert.throws(() => layoutFromEnvironment('~/lodge', '/srv'), /must be an absolute path, got "~\/lodge"/);
    assert.equal(layoutFromEnvironment('/srv/./here/', '/tmp').root, '/srv/here');
  });

  test('one that is a file, or below one, or where nothing can be made, is told as that', async () => {
    await using daemon = await startFakeDaemon();
    const file = `${daemon.root}/file`;
    writeFileSync(file, '');
    const rule: [string, RegExp][] = [
      [file, /: the root .*\/file cannot be used: .*\/file is a file, and no directory\n/],
      [`${file}/below`, /cannot be used: .*\/file is a file, and no directory\n/],
      ['/proc/lodge', /cannot be used: \/proc\/lodge cannot be made\n/],
    ];
    for (const [root, said] of rule) {
      const { code, stderr } = await runCliProcess(root, ['daemon', 'start'], { cwd: '/' });
      assert.equal(code, 4, stderr);
      assert.match(stderr, said);
      assert.doesNotMatch(stderr, RAW);
    }
  });
});
