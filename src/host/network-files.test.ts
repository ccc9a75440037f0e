import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readNetworkFiles } from './network-files.ts';

const MAIN = '/etc/network/interfaces';

/** A root with these files, for as long as it is looked at. */
async function withRoot<T>(files: Record<string, string>, look: (root: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'lodge-files-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(root + path), { recursive: true });
      writeFileSync(root + path, text);
    }
    return await look(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const pathsIn = async (root: string) => (await readNetworkFiles(root)).map(({ path }) => path);

test('what is no file of anybody’s network is passed over: FIFOs, devices, directories, a megabyte more than there may be', async () => {
  const files = { [MAIN]: 'source /home/*/*\n', '/home/one/good': 'x', '/home/one/large': 'x'.repeat(1024 * 1024 + 1) };
  const found = await withRoot(files, (root) => {
    execFileSync('mkfifo', [`${root}/home/one/fifo`]);
    mkdirSync(`${root}/home/one/directory`);
    symlinkSync(`${root}/home/one/fifo`, `${root}/home/one/link`);
    symlinkSync('/dev/zero', `${root}/home/one/zero`);
    return readNetworkFiles(root);
  });
  assert.deepEqual(
    found.map(({ path, text }) => [path, text]),
    [
      [MAIN, 'source /home/*/*\n'],
      ['/home/one/good', 'x'],
      // A link to /dev/null hides a file of systemd's; what another device would say nobody asks it.
      ['/home/one/zero', ''],
    ],
  );
});

test('more files than any host has, or larger ones together, are told and not read', async () => {
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`/home/one/${at}`, '']));
  const large = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`/home/one/${at}`, 'x'.repeat(1000 * 1000)]));
  for (const [files, why] of [
    [many, /more than 1000/],
    [large, /more than 8MiB together/],
  ] as const) {
    await withRoot({ ...files, [MAIN]: 'source /home/one/*\n' }, async (root) => {
      await assert.rejects(readNetworkFiles(root), (error: Error & { code: string }) => {
        assert.match(error.message, why);
        return error.code === 'TOO_COSTLY';
      });
    });
  }
});

test('a pattern leads to what wordexp(3) would find: braces are letters, and two stars are one', async () => {
  const files = { '/home/one/a': '', '/home/one/b': '', '/home/{one,two}/c': '', '/home/one/deep/d': '' };
  const sources: [string, string[]][] = [
    ['/home/{one,two}/*', ['/home/{one,two}/c']],
    ['/home/one/{a,b}', []],
    ['/home/one/**', ['/home/one/a', '/home/one/b']],
    ['/**/d', []],
    [`/home/${'{1..9}'.repeat(60)}`, []],
  ];
  for (const [pattern, wanted] of sources) {
    const found = await withRoot({ ...files, [MAIN]: `source ${pattern}\n` }, pathsIn);
    assert.deepEqual(found, [MAIN, ...wanted], pattern);
  }
});
