import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isLodgeError } from '../../base/errors.ts';
import { exec } from '../../host/exec.ts';
import { makeDirectory, writeFileAtomically } from '../../host/files.ts';
import type { Accelerator } from '../../model/guest.ts';
import type { QemuAbilities } from '../../model/qemu-abilities.ts';
import { launchCommand } from '../launch.ts';
import { probePayload } from './payload.ts';

export interface ProbeBoot {
  abilities: QemuAbilities;
  accel: Accelerator;
  /** QEMU's CPU model. */
  cpu: string;
  /** A directory QEMU's user can enter; a directory in it is made and removed. */
  workDir: string;
  user: { uid: number; gid: number } | null;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface ProbeRun {
  /** QEMU's exit status; null when it was ended by us or by a signal. */
  exitCode: number | null;
  /** How long QEMU ran, its own start included. */
  tookMs: number;
  timedOut: boolean;
  /** Everything the probe and QEMU wrote. */
  lines: string[];
}

/**
 * QEMU's small firmware, which does little more than start a kernel: under a software-nested KVM SeaBIOS alone took 3.5 s
 * before the payload began, this one 0.1 s.
 */
const FIRMWARE = 'qboot.rom';

/** A guest whose emulation failed stays paused for ever: there is no use in waiting for the limit. */
const HOPELESS = /KVM internal error/;

/** Boots the payload once. @throws CANCELLED when the signal is aborted, PACKAGES_MISSING when there is no QEMU. */
export async function bootProbe(boot: ProbeBoot): Promise<ProbeRun> {
  await makeDirectory(boot.workDir);
  const directory = await mkdtemp(join(boot.workDir, 'probe-'));
  try {
    await makeDirectory(directory, { mode: 0o755 });
    const payload = join(directory, 'payload.bin');
    await writeFileAtomically(payload, probePayload());
    const quick = await run(boot, probeArguments(boot, payload, FIRMWARE));
    const missing = quick.lines.some((line) => /could not (load|find).*(BIOS|ROM|qboot)/i.test(line));
    return missing ? await run(boot, probeArguments(boot, payload, null)) : quick;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function run(boot: ProbeBoot, argv: string[]): Promise<ProbeRun> {
  const launch = { binary: boot.abilities.binary, argv, user: boot.user, confinement: null };
  const [program = '', ...args] = launchCommand(launch);
  const hopeless = new AbortController();
  const lines: string[] = [];
  const startedMs = performance.now();
  const ended = (exitCode: number | null, timedOut: boolean): ProbeRun => ({
    exitCode,
    timedOut,
    tookMs: performance.now() - startedMs,
    lines,
  });
  try {
    const { exitCode, stdout, stderr } = await exec(program, args, {
      timeoutMs: boot.timeoutMs,
      signal: AbortSignal.any([hopeless.signal, ...(boot.signal === undefined ? [] : [boot.signal])]),
      okExitCodes: Array.from({ length: 257 }, (_, index) => index - 1),
      onLine(line) {
        lines.push(line);
        if (HOPELESS.test(line)) hopeless.abort();
      },
    });
    // The lines may trail behind the end: these are whole.
    lines.splice(0, lines.length, ...stdout.split('\n'), ...stderr.split('\n'));
    return ended(exitCode === -1 ? null : exitCode, false);
  } catch (error) {
    if (isLodgeError(error, 'TIMED_OUT')) return ended(null, true);
    if (isLodgeError(error, 'CANCELLED') && hopeless.signal.aborted) return ended(null, false);
    throw error;
  }
}

function probeArguments({ accel, cpu }: ProbeBoot, payload: string, firmware: string | null): string[] {
  return [
    ...['-name', 'lodge-probe', '-nodefaults', '-no-user-config', '-no-reboot'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-machine', 'pc,dump-guest-core=off', '-accel', accel, '-cpu', cpu, '-m', '32', '-display', 'none'],
    ...(firmware === null ? [] : ['-bios', firmware]),
    ...['-kernel', payload],
    ...['-chardev', 'stdio,id=marks,signal=off', '-device', 'isa-debugcon,iobase=0xe9,chardev=marks'],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'],
  ];
}
