import assert from 'node:assert/strict';
import { chmod, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { lookupUser, QEMU_USER } from '../../src/host/users.ts';
import { modeProblems } from '../support/file-modes.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';

const LAUNCHER = join(import.meta.dirname, '../../lodge');
const SMALL = ['--memory', '64MiB', '--accel', 'tcg', '--no-wait'];
const opened: LodgeInstance[] = [];
const programs: string[] = [];

after(async () => {
  for (const lodge of opened) await lodge.close();
  for (const program of programs) await rm(program);
});

/** Lodge whose every command runs under this umask, the one that starts the daemon too. */
async function openUnder(umask: string): Promise<LodgeInstance> {
  const program = `/tmp/lodge-umask-${umask}-${process.pid}`;
  programs.push(program);
  await writeFile(program, `#!/bin/sh\numask ${umask}\nexec ${LAUNCHER} "$@"\n`, { mode: 0o700 });
  await chmod(program, 0o700);
  const lodge = await LodgeInstance.open(`lgum${umask}`, program);
  opened.push(lodge);
  return lodge;
}

for (const umask of ['027', '000', '777']) {
  test(`under umask ${umask} every file has the mode of the table`, async () => {
    const lodge = await openUnder(umask);
    const ok = async (...args: string[]) => {
      const { exitCode, stderr } = await lodge.run(args);
      assert.equal(exitCode, 0, `${args.join(' ')}: ${stderr}`);
    };
    const source = join(lodge.root, 'private.raw');
    const disk = Buffer.alloc(1024 * 1024);
    disk.writeUInt16BE(0x55aa, 510);
    await writeFile(source, disk, { mode: 0o600 });
    await ok('image', 'import', source, '--name', 'tiny');
    await ok('create', 'seeded', '--image', 'tiny', '--disk', '64MiB', ...SMALL);
    await exec('qemu-img', ['create', '-q', '-f', 'qcow2', join(lodge.root, 'own.qcow2'), '1M']);
    await lodge.addImage('own', join(lodge.root, 'own.qcow2'), 'credentials');
    await ok('daemon', 'stop');
    await ok('create', 'told', '--image', 'own', '--disk', '64MiB', ...SMALL);
    await ok('create', 'firm', '--image', 'none', '--disk', '64MiB', '--firmware', 'uefi', ...SMALL);
    const qemu = lookupUser(QEMU_USER);
    assert.ok(qemu !== null);
    assert.deepEqual(await modeProblems(lodge.root, qemu), []);
    assert.equal((await stat(join(lodge.root, 'var/lib'))).mode & 0o777, 0o755);
  });
}

test('what an older Lodge left open or shut is brought back when the daemon starts', async () => {
  const lodge = opened[0];
  assert.ok(lodge !== undefined);
  const qemu = lookupUser(QEMU_USER);
  assert.ok(qemu !== null);
  assert.equal((await lodge.run(['daemon', 'stop'])).exitCode, 0);
  const spoilt = ['var/lib/lodge/lodge.db', 'var/lib/lodge/images/tiny.qcow2', 'var/lib/lodge/guests/seeded/seed.iso'];
  for (const path of spoilt) await chmod(join(lodge.root, path), 0o666);
  for (const path of ['var', 'var/lib', 'var/lib/lodge', 'run', 'var/lib/lodge/images']) {
    await chmod(join(lodge.root, path), 0o750);
  }
  const { exitCode, stderr } = await lodge.run(['daemon', 'start']);
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(await modeProblems(lodge.root, qemu), []);
  assert.equal((await stat(join(lodge.root, 'run'))).mode & 0o777, 0o755);
});

test('a file that the table does not know is told', async () => {
  const lodge = opened[0];
  assert.ok(lodge !== undefined);
  await writeFile(join(lodge.layout.stateDir, 'planted'), '');
  assert.deepEqual(
    await modeProblems(lodge.root, { uid: -1, gid: -1 }).then((all) => all.filter((one) => /planted/.test(one))),
    ['var/lib/lodge/planted is not in the table'],
  );
});
