import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec } from '../../src/host/exec.ts';

const LODGE = join(import.meta.dirname, '../../lodge');

/** Runs a script with a tmpfs of these options under the state, in mount and network namespaces of its own that end with it. */
async function withState(options: string, script: string): Promise<string> {
  const root = await mkdtemp('/tmp/lglack-');
  await chmod(root, 0o755);
  const state = join(root, 'var/lib/lodge');
  const disk = Buffer.alloc(24 * 2 ** 20).fill(0xa5, 512);
  disk.writeUInt16BE(0x55aa, 510);
  await writeFile(join(root, 'big.raw'), disk);
  const whole = `mkdir -p ${state}; mount -t tmpfs -o mode=0755,${options} lodge-test ${state}
    lodge() { ${LODGE} "$@" 2>&1; echo "= $?"; }
    ${script}
    ${LODGE} daemon stop >/dev/null 2>&1
    while umount ${state} 2>/dev/null; [ $? != 0 ]; do sleep 0.1; done`;
  try {
    const env = { LODGE_ROOT: root, NO_COLOR: '1' };
    const { stdout } = await exec('unshare', ['--mount', '--net', 'sh', '-c', whole], {
      env,
      cwd: root,
      timeoutMs: 120_000,
    });
    return stdout.replaceAll(root, 'ROOT');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

test('no room, a mount without devices and programs, and too much memory are told at once, before any work', async () => {
  const size = 'size=20m,nodev,noexec';
  const said = await withState(
    size,
    'lodge create a --memory 1TiB --dry-run; lodge create a; lodge image build debian-12; lodge image ls; lodge ls; lodge doctor',
  );
  const [dryRun = '', create = '', build = '', images = '', guests = '', doctor = ''] = said.split(/= \d+\n/);
  for (const text of [dryRun, create, build]) {
    assert.match(text, /^lodge: (guest a|image debian-12) is not valid$/m);
    assert.match(
      text,
      /mounted noexec,nodev on ROOT\/var\/lib\/lodge: mount -o remount,exec,dev ROOT\/var\/lib\/lodge/,
    );
    assert.match(text, /needs about [\d.]+ GiB at ROOT\/\S+, [\d.]+ MiB are free/);
  }
  assert.match(dryRun, /--memory: must fit the host/);
  assert.match(said, /^= 4$/m);
  assert.match(images, /no image|image build/);
  assert.match(guests, /no guest|create/);
  assert.match(
    doctor,
    /fail +state-mount +images cannot be built: ROOT\/var\/lib\/lodge\/images is mounted noexec,nodev/,
  );
  assert.match(doctor, /fail +disk +the disk is too small: an image's build needs about 2 GiB, [\d.]+ MiB are free/);
});

test('an import that cannot fit is refused before any work, with both sizes', async () => {
  const said = await withState('size=20m', 'lodge image import big.raw --name big; ls -A var/lib/lodge/images');
  assert.match(
    said,
    /^lodge: big has no room: importing ROOT\/big\.raw needs about 24 MiB at ROOT\/\S+, [\d.]+ MiB are free/,
  );
  assert.match(said, /^= 1$/m);
  assert.doesNotMatch(said, /work-|big\.qcow2/);
});

test('a read-only state is named as that', async () => {
  const said = await withState('ro', 'lodge ls');
  assert.match(
    said,
    /^lodge: the root ROOT cannot be used: ROOT\/var\/lib\/lodge\/daemon\.log is on a read-only file system\n/,
  );
  assert.match(said, /hint: which: findmnt --target ROOT\/var\/lib\/lodge; to make it writable: mount -o remount,rw/);
});
