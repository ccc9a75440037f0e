import { exec } from '../host/exec.ts';
import type { Accelerator } from '../model/guest.ts';

const TRY_TIMEOUT_MS = 30_000;

export interface CpuTry {
  /** Absolute path of qemu-system-x86_64. */
  binary: string;
  machine: string;
  accel: Accelerator;
  /** A model with features, as `-cpu` takes it: `Nehalem,-aes`. */
  cpu: string;
}

/**
 * Asks QEMU itself whether it takes a CPU: it makes the machine, runs nothing, and ends. 0.1 s. Lists of models and features would
 * be another judge, and each version of QEMU reads features by rules of its own.
 *
 * @returns why not, in QEMU's words; null when it takes it. Null, too, when QEMU cannot be asked: its start tells then.
 */
export async function tryCpu({ binary, machine, accel, cpu }: CpuTry): Promise<string | null> {
  const board = ['-S', '-nodefaults', '-no-user-config', '-display', 'none', '-machine', machine, '-m', '16'];
  const sandbox = ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'];
  const args = [...board, ...sandbox, '-accel', accel, '-cpu', cpu, '-qmp', 'stdio'];
  const input = '{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n';
  const ended = await exec(binary, args, { input, timeoutMs: TRY_TIMEOUT_MS, okExitCodes: [0, 1] }).catch(() => null);
  return ended === null || ended.exitCode === 0 ? null : refusalIn(ended.stderr);
}

/** `qemu-system-x86_64: Property 'x-cpu.foo' not found` -> `Property 'x-cpu.foo' not found`; warnings are no refusal. */
function refusalIn(said: string): string | null {
  const lines = said.split('\n').map((line) => line.replace(/^(?:\S*\/)?qemu-system-[\w-]+: /, '').trim());
  return lines.findLast((line) => line !== '' && !line.startsWith('warning:')) ?? null;
}
