import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { makeDirectory, removeTree, writeFileAtomically } from '../../src/host/files.ts';
import { waitForExit } from '../../src/host/process-end.ts';
import { RUN_MARK, readLastWords } from '../../src/qemu/exit.ts';
import { createOverlay } from '../../src/qemu/images.ts';
import { launchCommand } from '../../src/qemu/launch.ts';
import { connectMonitor } from '../../src/qemu/monitor.ts';
import { measureAccelerator } from '../../src/qemu/probe/run.ts';
import { startQemu } from '../../src/qemu/process.ts';
import { queryName, queryStatus, queryUuid, quit } from '../../src/qemu/qmp-commands.ts';
import { renderQemuArguments } from '../../src/render/qemu-arguments.ts';
import { confinementOf } from '../../src/render/qemu-confinement.ts';
import type { QemuInput } from '../../src/render/qemu-input.ts';
import { toArgv } from '../../src/render/qemu-option.ts';
import { type Golden, goldenInput, goldenNames, readGolden, renderGolden } from '../support/qemu-golden.ts';
import {
  makeDiskFor,
  makeGuestDirectories,
  makeQemuWorld,
  type QemuWorld,
  TapNamespace,
} from '../support/qemu-world.ts';

// Each golden's files are made under a root of the test's own, and the real QEMU is started on its line with -S (CPUs
// stopped): it must accept every option without an error or a warning. Refused goldens have no line.

let world: QemuWorld;
let kvmWorks: boolean;
const taps = new TapNamespace(`lq-golden-${process.pid}`);

before(async () => {
  world = await makeQemuWorld();
  await taps.open();
  const probe = await measureAccelerator(world.abilities, 'kvm', { workDir: world.root, user: world.user });
  kvmWorks = probe.verdict === 'works';
});

after(async () => {
  await taps.close();
  await world.remove();
});

for (const name of goldenNames()) {
  const golden = readGolden(name);
  if (renderGolden(golden).includes('# refused:')) continue;
  test(`QEMU accepts ${name}`, async (t) => {
    const input = inWorld(golden);
    if (golden.accel === 'kvm' && !kvmWorks) {
      // Whether KVM works here is the probe's business; the line's other options are still QEMU's to judge.
      input.accel = 'tcg';
      t.diagnostic('KVM does not work on this machine: started with -accel tcg and its CPU in its place');
    }
    await makeFiles(input);
    await taps.addTap(input.spec.nic.tap, world.user);
    try {
      await startStopped(input);
    } finally {
      await taps.removeTap(input.spec.nic.tap);
      await removeTree(input.layout.dir);
    }
  });
}

test('a line QEMU does not accept is seen', async () => {
  const input = inWorld(readGolden('minimal'));
  await makeFiles(input);
  // No tap has been made, and QEMU's user may not make one.
  await assert.rejects(startStopped(input), { code: 'QEMU_DIED', message: /tap|Operation not permitted/ });
});

/** The golden with every path below the world's root, except what the firmware package owns. */
function inWorld(golden: Golden): QemuInput {
  const below = (path: string) => world.root + path;
  const input = goldenInput(golden, below(golden.root ?? ''));
  input.abilities = { ...input.abilities, binary: world.abilities.binary, uefi: world.abilities.uefi };
  input.spec.iso = input.spec.iso === null ? null : below(input.spec.iso);
  input.image = input.image === null ? null : { ...input.image, path: below(input.image.path) };
  input.identityFiles = input.identityFiles.map((file) => ({ ...file, path: below(file.path) }));
  return input;
}

async function makeFiles({ spec, layout, image, identityFiles, abilities }: QemuInput): Promise<void> {
  await makeGuestDirectories(world, layout);
  if (image !== null) await makeDiskFor(world, image.path, image.format);
  if (image === null) await makeDiskFor(world, layout.disk, spec.disk.format);
  else await createOverlay({ path: layout.disk, backing: image, sizeBytes: spec.disk.sizeBytes });
  if (spec.firmware === 'uefi' && abilities.uefi !== null) await copyFile(abilities.uefi.varsTemplate, layout.uefiVars);
  for (const path of [spec.iso, ...identityFiles.map((file) => file.path)]) {
    if (path === null) continue;
    await makeDirectory(dirname(path));
    // A CD of one block; QEMU looks at no more.
    await writeFileAtomically(path, new Uint8Array(2048).fill(0x41), { owner: world.user });
  }
  await makeDirectory(dirname(layout.serialLog.pipe));
  for (const path of [layout.disk, layout.uefiVars, layout.serialLog.pipe]) {
    await writeFileIfMissing(path);
  }
}

async function writeFileIfMissing(path: string): Promise<void> {
  const content = await readFile(path).catch(() => new Uint8Array());
  await writeFileAtomically(path, content, { mode: 0o600, owner: world.user });
}

async function startStopped(input: QemuInput): Promise<void> {
  const { spec, layout, abilities } = input;
  const { options } = renderQemuArguments(input);
  const argv = [...toArgv(options), '-S'];
  const confinement = confinementOf(input);
  const command = launchCommand({ binary: abilities.binary, argv, user: world.user, confinement });
  const { pid } = await startQemu({
    // `ip netns exec` and setpriv become QEMU: the pid stays.
    binary: '/usr/bin/env',
    argv: ['ip', 'netns', 'exec', taps.name, ...command],
    user: null,
    confinement: null,
    systemdUnit: null,
    // QEMU makes a file of its own where the pipe of its serial log would be.
    logs: { qemuLog: layout.qemuLog, serialLog: null },
    logWriter: null,
    pidFile: layout.pidFile,
    startedFile: null,
    qmpSocket: layout.qmpSocket,
    timeoutMs: 20_000,
  });
  const monitor = await connectMonitor(layout.qmpSocket);
  try {
    assert.equal((await queryStatus(monitor)).status, 'prelaunch');
    assert.equal(await queryUuid(monitor), spec.uuid);
    assert.equal(await queryName(monitor), spec.name);
  } finally {
    await quit(monitor);
    monitor.close();
    await waitForExit(pid, 20_000);
  }
  const log = await readLastWords(layout.qemuLog);
  const said = log
    .slice(log.lastIndexOf(RUN_MARK))
    .split('\n')
    .filter((line) => /warning|error|deprecated/i.test(line));
  assert.deepEqual(said, []);
}
