import { LodgeError } from '../base/errors.ts';
import type { ProgramCall } from '../base/program-call.ts';
import { exec } from './exec.ts';

interface RunOptions {
  /** The network namespace to run them in, as `ip netns` knows it; our own when it is left out. */
  namespace?: string | undefined;
  /** For all of them together. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * Runs program calls one after the other and stops at the first that fails with something it does not tolerate.
 *
 * @throws COMMAND_FAILED, COMMAND_MISSING, TIMED_OUT, CANCELLED
 */
export async function runCalls(calls: readonly ProgramCall[], options: RunOptions = {}): Promise<void> {
  const deadlineMs = Date.now() + (options.timeoutMs ?? 60_000);
  for (const call of calls) await runCall(call, options, Math.max(deadlineMs - Date.now(), 1));
}

async function runCall(call: ProgramCall, { namespace, signal }: RunOptions, timeoutMs: number): Promise<void> {
  const words =
    namespace === undefined
      ? [call.program, ...call.args]
      : ['ip', 'netns', 'exec', namespace, call.program, ...call.args];
  const [program = '', ...args] = words;
  const { exitCode, stderr } = await exec(program, args, {
    timeoutMs,
    okExitCodes: [0, 1, 2, 255],
    ...(call.input === undefined ? {} : { input: call.input }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (exitCode === 0 || (call.tolerates ?? []).some((words) => stderr.includes(words))) return;
  throw new LodgeError(
    'COMMAND_FAILED',
    `${call.program} ${call.args.join(' ')} exited with ${exitCode}: ${stderr.trim()}`,
  );
}
