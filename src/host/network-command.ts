import { isLodgeError, LodgeError } from '../base/errors.ts';
import { type ExecResult, exec } from './exec.ts';

/** A network namespace as `ip netns` knows it; null is our own. */
export type Namespace = string | null;

/** Exit codes of iproute2, nft and grep for "nothing there", "no such family" and "not allowed": an empty reading. */
const TOLERATED = [0, 1, 2, 255];

/**
 * Runs a program that reads, in the namespace. `ip` and `bridge` enter it by themselves, which is faster than a second program.
 * A program that is not there, or fails, has said nothing: null.
 */
export async function readBy(namespace: Namespace, program: string, args: string[]): Promise<string | null> {
  const result = await tryBy(namespace, program, args);
  return result === null || result.exitCode !== 0 ? null : result.stdout;
}

/**
 * The same with its exit code and what it complained of; null when there is no such program.
 *
 * @throws COMMAND_MISSING without iproute2, COMMAND_FAILED when there is no such namespace: nothing could be read then
 */
export async function tryBy(
  namespace: Namespace,
  program: string,
  args: string[],
  input?: string,
): Promise<ExecResult | null> {
  const [first, words] = commandIn(namespace, program, args);
  const options = { okExitCodes: TOLERATED, ...(input === undefined ? {} : { input }) };
  const result = await exec(first, words, options).catch((error: unknown) => {
    if (first !== 'ip' && isLodgeError(error, 'COMMAND_MISSING')) return null;
    throw error;
  });
  if (namespace !== null && result !== null && /^Cannot open network namespace/m.test(result.stderr)) {
    throw new LodgeError('COMMAND_FAILED', `there is no network namespace ${namespace}`);
  }
  return result;
}

/** The JSON list that iproute2 writes: nothing at all, or `[{}]`, for an empty one. */
export async function readJsonBy<Item extends object>(
  namespace: Namespace,
  program: 'ip' | 'bridge',
  args: string[],
): Promise<Item[]> {
  const text = (await readBy(namespace, program, args)) ?? '';
  const items = text.trim() === '' ? [] : (JSON.parse(text) as Item[]);
  return items.filter((item) => Object.keys(item).length > 0);
}

/**
 * One-line files of the kernel's, below /proc/sys or /sys, by their paths; those that are not there, or may not be read, are left
 * out. One process for all of them, because only a process can be in another namespace.
 */
export async function readValues(namespace: Namespace, paths: string[]): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map();
  const result = await tryBy(namespace, 'grep', ['-sH', '', ...paths]);
  const lines = (result?.stdout ?? '').split('\n').filter((line) => line.includes(':'));
  // Names of links hold no colon (dev_valid_name of the kernel).
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}

function commandIn(namespace: Namespace, program: string, args: string[]): [string, string[]] {
  if (namespace === null) return [program, args];
  if (program === 'ip' || program === 'bridge') return [program, ['-n', namespace, ...args]];
  return ['ip', ['netns', 'exec', namespace, program, ...args]];
}
