import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chown, copyFile, link, mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { ImageListing, Operation } from '../../src/api/types.ts';
import { exec } from '../../src/host/exec.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { askAsMember, runAsUser, USER_ID } from '../support/unprivileged-user.ts';

const SECRET = 'the password of root';

let lodge: LodgeInstance;
let home = '';
let closed = '';

/** A disk with a boot sector. */
function disk(content: string): Buffer {
  const bytes = Buffer.alloc(1024 * 1024);
  bytes.writeUInt16BE(0x55aa, 510);
  bytes.write(content, 4096);
  return bytes;
}

before(async () => {
  lodge = await LodgeInstance.open('lgapo');
  home = `${lodge.root}/home`;
  closed = `${lodge.root}/closed`;
  await mkdir(home, { mode: 0o755 });
  await chown(home, USER_ID, USER_ID);
  await mkdir(closed, { mode: 0o700 });
  await writeFile(`${lodge.root}/secret.raw`, disk(SECRET), { mode: 0o600 });
  await writeFile(`${closed}/open.raw`, disk(SECRET), { mode: 0o644 });
  await mine('own.raw', 'mine');
  assert.equal((await lodge.run(['daemon', 'start'])).exitCode, 0);
});
after(() => lodge.close());

async function mine(name: string, content: string, mode = 0o600): Promise<string> {
  const path = `${home}/${name}`;
  await writeFile(path, disk(content), { mode });
  await chown(path, USER_ID, USER_ID);
  return path;
}

const ask = (method: string, path: string, body?: unknown) =>
  askAsMember(lodge.layout.daemonSocket, method, path, body);

/** Asks for an import and waits for its end. @returns whether there is an image, and what was said */
async function importing(name: string, source: string): Promise<{ isThere: boolean; said: string }> {
  const answer = await ask('POST', '/v1/images/import', { name, source });
  if (answer.status === 202) {
    const { id } = JSON.parse(answer.body) as Operation;
    await lodge.run(['operation', 'wait', id]);
  }
  const { images } = await lodge.json<ImageListing>(['image', 'ls']);
  return { isThere: images.some((image) => image.name === name), said: answer.body };
}

async function contentOf(name: string): Promise<string> {
  const raw = `${lodge.root}/out.raw`;
  await exec('qemu-img', ['convert', '-O', 'raw', `${lodge.layout.imagesDir}/${name}.qcow2`, raw]);
  return (await readFile(raw)).toString('latin1', 4096, 4096 + SECRET.length);
}

test('a member of the group lodge imports a file of his own that nobody else may read', async () => {
  const { isThere, said } = await importing('own', `${home}/own.raw`);
  assert.ok(isThere, said);
  assert.match(await contentOf('own'), /^mine/);
});

test('a member of the group lodge imports a file that only root may read, by its name or by links', async () => {
  await symlink(`${lodge.root}/secret.raw`, `${home}/symlink.raw`);
  await symlink(closed, `${home}/directory`);
  const paths = [`${lodge.root}/secret.raw`, `${home}/symlink.raw`, `${home}/../secret.raw`];
  // Anybody may read this one, but not get to it.
  paths.push(`${closed}/open.raw`, `${home}/directory/open.raw`);
  for (const [index, path] of paths.entries()) {
    const { isThere, said } = await importing(`stolen${index}`, path);
    assert.equal(isThere, false, path);
    assert.match(said, /PERMISSION_DENIED/, path);
  }
});

test("descriptors of the daemon and of root's processes are no way either", async () => {
  const keeper = spawn('sh', ['-c', 'exec 3<"$1"; exec sleep 600', 'sh', `${lodge.root}/secret.raw`]);
  try {
    const daemon = await lodge.daemonPid();
    const paths = [
      `/proc/${keeper.pid}/fd/3`,
      `/proc/${daemon}/fd/3`,
      `/proc/${keeper.pid}/root${lodge.root}/secret.raw`,
    ];
    for (const [index, path] of paths.entries()) {
      assert.equal((await importing(`held${index}`, path)).isThere, false, path);
    }
  } finally {
    keeper.kill();
  }
});

test('a link is flipped between a file of the member and one of root while it is imported', async () => {
  const flip = 'cd "$1" || exit 1; while :; do ln -sf own.raw flip.raw; ln -sf "$2" flip.raw; done';
  const flipper = spawn('setpriv', [
    ...['--reuid', String(USER_ID), '--regid', String(USER_ID), '--clear-groups', '--'],
    ...['sh', '-c', flip, 'sh', home, `${lodge.root}/secret.raw`],
  ]);
  try {
    for (let round = 0; round < 20; round++) {
      const { isThere } = await importing(`flip${round}`, `${home}/flip.raw`);
      if (isThere) assert.match(await contentOf(`flip${round}`), /^mine/);
    }
  } finally {
    flipper.kill();
  }
});

test('a guest is created from a disk or a CD that only root may read', async () => {
  const iso = `${lodge.root}/secret.iso`;
  const bytes = Buffer.alloc(1024 * 1024);
  bytes.write('CD001', 16 * 2048 + 1);
  await writeFile(iso, bytes, { mode: 0o644 });
  await copyFile(iso, `${closed}/secret.iso`);
  const small = { memoryMiB: 64, accel: 'tcg', wait: false, dryRun: true };
  const image = await ask('POST', '/v1/guests', { name: 'a', image: `${lodge.root}/secret.raw`, ...small });
  assert.deepEqual([image.status, /must be a file that can be read/.test(image.body)], [422, true], image.body);
  const cd = await ask('POST', '/v1/guests', { name: 'b', iso: `${closed}/secret.iso`, ...small });
  assert.deepEqual([cd.status, /iso/.test(cd.body)], [422, true], cd.body);
  const allowed = await ask('POST', '/v1/guests', { name: 'c', iso, ...small });
  assert.equal(allowed.status, 200, allowed.body);
});

test('how large a file of root is, or whether it is there, is asked by importing it', async () => {
  const huge = `${closed}/huge.raw`;
  await writeFile(huge, '');
  await truncate(huge, 2 ** 42);
  const there = await ask('POST', '/v1/images/import', { name: 'x', source: huge });
  const absent = await ask('POST', '/v1/images/import', { name: 'x', source: `${closed}/absent.raw` });
  assert.equal(there.body.replaceAll('huge', 'absent'), absent.body);
});

test('somebody who is not in the group asks the daemon anything', async () => {
  const { stdout } = await runAsUser([
    'perl',
    '-MIO::Socket::UNIX',
    '-e',
    'IO::Socket::UNIX->new(Peer => $ARGV[0]) or print "$!"',
    lodge.layout.daemonSocket,
  ]);
  assert.equal(stdout, 'Permission denied');
});

test('a hard link to a file of root, made where the kernel allows it, is no way either', async () => {
  await link(`${lodge.root}/secret.raw`, `${home}/hard.raw`);
  const { isThere, said } = await importing('hard', `${home}/hard.raw`);
  assert.equal(isThere, false);
  assert.match(said, /PERMISSION_DENIED/);
});
