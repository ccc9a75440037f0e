import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MIB } from '../../src/base/size.ts';
import { exec } from '../../src/host/exec.ts';
import { bootWeb1 } from '../support/booted-guest.ts';
import { usedByDaemon } from '../support/daemon-usage.ts';
import { type CliResult, LodgeInstance } from '../support/lodge-instance.ts';
import { obeyedIn } from '../support/terminal-controls.ts';

/** Root in a booted Debian has put a program of his own in the place of its tar (hostile-tar.pl: what each word sends). */
let lodge: LodgeInstance;
/** A small file system of the host, to which is copied; beside the target is what no copy may touch. */
let disk = '';
const VICTIM = '/tmp/lodge-victim';

before(async () => {
  lodge = await LodgeInstance.open('lgar');
  await bootWeb1(lodge);
  const program = await readFile(join(import.meta.dirname, '../support/hostile-tar.pl'), 'utf8');
  const put = ['sh', '-c', 'cat >/usr/local/bin/tar && chmod +x /usr/local/bin/tar && mkdir /srv/x'];
  const { exitCode, stderr } = await lodge.run(['exec', 'web1', '--', ...put], {}, { input: program });
  assert.equal(exitCode, 0, stderr);
  disk = join(lodge.root, 'disk');
  await mkdir(disk);
  await exec('mount', ['-t', 'tmpfs', '-o', 'size=64m,nr_inodes=5000', 'tmpfs', disk]);
  await mkdir(join(disk, 'outside'));
  await writeFile(join(disk, 'outside', 'kept'), 'kept');
});
after(async () => {
  await lodge.run(['rm', 'web1', '--yes']);
  if (disk !== '') await exec('umount', [disk]);
  await lodge.close();
});

async function copied(mode: string): Promise<{ result: CliResult; made: string[] }> {
  const set = await lodge.run(['exec', 'web1', '--', 'sh', '-c', `echo ${mode} >/root/tar-mode`]);
  assert.equal(set.exitCode, 0, set.stderr);
  const target = join(disk, 'target');
  await rm(target, { recursive: true, force: true });
  await mkdir(target);
  const before = await usedByDaemon(lodge);
  const result = await lodge.run(['cp', 'web1:/srv/x', target]);
  assert.ok((await usedByDaemon(lodge)).most - before.most < 64 * MIB, 'the daemon grew');
  assert.deepEqual(obeyedIn(result.stdout + result.stderr), [], mode);
  assert.deepEqual(await readdir(disk), ['outside', 'target']);
  assert.deepEqual(await readdir(join(disk, 'outside')), ['kept']);
  const kept = await lstat(join(disk, 'outside', 'kept'));
  assert.deepEqual([await readFile(join(disk, 'outside', 'kept'), 'utf8'), kept.nlink], ['kept', 1]);
  assert.equal(existsSync(VICTIM), false);
  return { result, made: await readdir(target) };
}

const sent = (what: string) =>
  new RegExp(`^lodge: the guest sent ${what}: the copy was given up, and nothing of it kept$`, 'm');
const named = sent('an entry with the name ".*');
const outside = sent('an entry outside of what was asked for: ".*');
const linked = sent('a link to something outside of what was asked for: ".*');
const full = (kept: string) =>
  new RegExp(
    `^lodge: the copy would fill the file system \\S+/disk, of which lodge cp leaves ${kept} free: it was given up`,
  );

const ATTACKS: Record<string, RegExp> = {
  dots: named,
  'dots-inside': named,
  absolute: named,
  'absolute-pax': named,
  prefix: named,
  'through-link': outside,
  'through-absolute-link': outside,
  'link-for-directory': sent('the entry ".*" twice'),
  'link-and-file': sent('the entry ".*" twice'),
  'hardlink-out': named,
  'hardlink-dots': named,
  'hardlink-through': linked,
  'top-link': outside,
  'second-top': outside,
  twice: sent('the entry ".*" twice'),
  'sparse-gnu': sent('an entry of the unknown kind "S"'),
  'sparse-pax': sent('a sparse file'),
  'size-of-petabytes': full('4 MiB'),
  'size-minus': sent('a size below nothing'),
  'size-text': sent('a number that is none'),
  'one-file-without-end': full('4 MiB'),
  'files-without-end': full('4 MiB'),
  'names-without-end': full('room for 250 files'),
  'links-without-end': full('room for 250 files'),
  'directories-without-end': full('room for 250 files'),
  'headers-without-end': sent('a header without end'),
  'name-without-end': sent('a header without end'),
  depth: named,
  'long-name': /as the guest calls it: the path is too long/,
  'after-the-end': sent('an archive that goes on after its end'),
  'complaints-without-end': /^lodge: web1: complains without end, so the copy was given up$/m,
  complaint: /^lodge: web1: tar: .*is no good$/m,
  'name-for-a-terminal': named,
  'cut-off': sent('an archive without an end'),
  'no-archive': sent('a number that is none'),
  nothing: sent('an archive without an end'),
  kind: sent('an entry of the unknown kind "Z"'),
  sum: sent('a header with a wrong sum'),
};

for (const [mode, told] of Object.entries(ATTACKS)) {
  test(`an archive with ${mode} is unpacked, writes elsewhere, or fills the host`, async () => {
    const { result, made } = await copied(mode);
    assert.match(result.stderr, told);
    assert.notEqual(result.exitCode, 0);
    assert.deepEqual(made, []);
  });
}

test('devices of a guest are made on the host, or their names fill a terminal', async () => {
  const { result, made } = await copied('devices');
  assert.equal(result.exitCode, 0, result.stderr);
  assert.deepEqual([made, await readdir(join(disk, 'target', 'x'))], [['x'], ['f']]);
  assert.equal(result.stderr.trimEnd().split('\n').length, 21);
  assert.match(result.stderr, /left out as well: 481 more/);
});

test('a file of a guest runs as its owner on the host, or belongs to a stranger', async () => {
  const { result } = await copied('setuid');
  assert.equal(result.exitCode, 0, result.stderr);
  for (const [name, mode] of [
    ['s', 0o755],
    ['d', 0o777],
  ] as const) {
    const found = await lstat(join(disk, 'target', 'x', name));
    assert.deepEqual([found.mode & 0o7777, found.uid, found.gid], [mode, 0, 0], name);
  }
});
