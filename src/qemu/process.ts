import { sleep } from '../base/clock.ts';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { readIfPresent, readStrangeFile, writeFileAtomically } from '../host/files.ts';
import { readProcessState, waitForExit } from '../host/process-end.ts';
import { belongsTo, executableOf, processWords } from '../host/process-identity.ts';
import type { Confinement } from '../model/confinement.ts';
import { FILES } from '../model/file-modes.ts';
import { RUN_MARK, readLastWords } from './exit.ts';
import { type Launched, launchAsUnit, launchDetached, type ProcessUser, type SystemdUnit } from './launch.ts';
import type { GuestLogs, LogWriter } from './log-writer.ts';
import { connectMonitor } from './monitor.ts';
import { prepareLogs } from './prepare-logs.ts';
import { startError } from './start-error.ts';

/** A start takes 50 ms: this is what it can be seen late by. */
const GREETING_POLL_MS = 5;
/** SIGKILL takes effect at once unless a disk hangs in the kernel. */
const KILL_TIMEOUT_MS = 10_000;
/** More than a pid and a line end have. */
const PID_MAX_BYTES = 16;

export interface StartQemu {
  /** Absolute path of the binary and its arguments, as `toArgv` gives them. */
  binary: string;
  argv: string[];
  /** Whom QEMU runs as; null leaves it the daemon's own user. */
  user: ProcessUser | null;
  /** What it reaches at all; null: whatever its user may. */
  confinement: Confinement | null;
  /** A transient unit with limits where systemd runs; null elsewhere. */
  systemdUnit: SystemdUnit | null;
  /** Where QEMU's words with its exit record go, and the guest's at its serial port. A writer beside QEMU keeps them bounded. */
  logs: GuestLogs;
  /** Whose that writer is; null leaves it the daemon's own user. */
  logWriter: LogWriter | null;
  /** One that is there for QEMU to write into: it makes no file anywhere, and so fills no file system with them. */
  pidFile: string;
  /** What `findQemu` knows the process by; nobody but root may write in its directory. Null where nobody looks for it. */
  startedFile: string | null;
  /** The monitor's socket: QEMU runs when it greets there. */
  qmpSocket: string;
  timeoutMs: number;
}

/**
 * Starts QEMU and resolves when its monitor greets. QEMU belongs to nobody: it goes on when the daemon ends.
 *
 * @throws QEMU_DIED with what it said, MEMORY_SHORT with numbers, TIMED_OUT (QEMU is ended then), COMMAND_MISSING.
 */
export async function startQemu(start: StartQemu): Promise<{ pid: number }> {
  await prepareLogs(start.logs, start.user?.gid ?? 0);
  const launched =
    start.systemdUnit === null ? await launchDetached(start) : await launchAsUnit(start, start.systemdUnit);
  const { pid } = launched;
  await noteStarted(pid, start.startedFile);
  const giveUp = new AbortController();
  try {
    const first = await Promise.race([
      awaitGreeting(start, pid, giveUp.signal),
      died(launched, start.timeoutMs, giveUp.signal),
    ]);
    if (first === null) return { pid };
    const log = await readLastWords(start.logs.qemuLog);
    const begin = log.lastIndexOf(RUN_MARK);
    throw startError({ said: log.slice(log.indexOf('\n', begin) + 1), ended: first, argv: start.argv });
  } catch (error) {
    if (isLodgeError(error, 'TIMED_OUT')) await endUnready(pid);
    throw error;
  } finally {
    giveUp.abort();
  }
}

/** QEMU writes this file, and one that was broken out of what it likes. 0 where there is no number. */
async function readPid(pidFile: string): Promise<number> {
  return Number(((await readStrangeFile(pidFile, PID_MAX_BYTES)) ?? '').trim());
}

/** A QEMU that was killed this moment may still be letting go of its locks. */
export async function awaitRemains(pidFile: string): Promise<void> {
  const pid = await readPid(pidFile);
  if (pid > 1 && (await readProcessState(pid))?.exiting) await waitForExit(pid, KILL_TIMEOUT_MS);
}

/** Whatever it is doing, nobody will ever talk to it. The pid is that of the child or unit just started. */
async function endUnready(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await waitForExit(pid, KILL_TIMEOUT_MS);
}

/** Resolves with null when this very QEMU (its pid is in the pid file before it listens) greets. */
async function awaitGreeting(start: StartQemu, pid: number, signal: AbortSignal): Promise<null> {
  const deadline = performance.now() + start.timeoutMs;
  while (!signal.aborted) {
    const leftMs = Math.ceil(deadline - performance.now());
    if (leftMs <= 0) break;
    if ((await readPid(start.pidFile)) === pid) {
      try {
        (await connectMonitor(start.qmpSocket, { timeoutMs: leftMs })).close();
        return null;
      } catch (error) {
        if (!isLodgeError(error, 'QMP_CLOSED')) throw error;
      }
    }
    await sleep(GREETING_POLL_MS, signal).catch(() => {});
  }
  throw new LodgeError('TIMED_OUT', `QEMU did not answer at ${start.qmpSocket} within ${start.timeoutMs / 1000} s`, {
    hint: `read ${start.logs.qemuLog.file}`,
  });
}

/** Resolves with how QEMU ended: in words where it is our child, else only that it is gone. */
async function died(launched: Launched, timeoutMs: number, signal: AbortSignal): Promise<string> {
  if (launched.ended !== null) return launched.ended;
  try {
    await waitForExit(launched.pid, timeoutMs, signal);
    return 'ended';
  } catch {
    // Not before the time limit: awaitGreeting tells of that.
    return new Promise(() => {});
  }
}

/** A daemon that was killed before this finds QEMU by its own pid file. */
async function noteStarted(pid: number, startedFile: string | null): Promise<void> {
  const state = startedFile === null ? null : await readProcessState(pid);
  if (startedFile === null || state === null) return;
  const options = { mode: FILES.qemuStarted.mode, untilReboot: true };
  await writeFileAtomically(startedFile, `${pid} ${state.started}\n`, options);
}

/** The process that was noted, when it still is that one: not a later one of its number, and of one of these users. */
async function findStarted(startedFile: string, uids: readonly number[]): Promise<number | null> {
  const [pid = 0, started] = ((await readIfPresent(startedFile)) ?? '').trim().split(' ');
  const state = Number(pid) > 1 ? await readProcessState(Number(pid)) : null;
  if (state === null || state.started !== started || (state.zombie && state.threads <= 1)) return null;
  return (await belongsTo(Number(pid), uids)) ? Number(pid) : null;
}

/** Where a guest's QEMU is looked for. */
export interface QemuFiles {
  pidFile: string;
  startedFile: string | null;
}

/**
 * The pid of a guest's QEMU, or null: what the daemon noted when it started it, else what QEMU's pid file says. Pids are reused, and a
 * hostile QEMU writes what it likes into its pid file and over its command line: a pid from there counts only when the process is QEMU,
 * of one of these users, and its command line holds `-uuid UUID`.
 */
export async function findQemu(
  { pidFile, startedFile }: QemuFiles,
  uuid: string,
  uids: readonly number[],
): Promise<number | null> {
  const noted = startedFile === null ? null : await findStarted(startedFile, uids);
  if (noted !== null) return noted;
  const pid = await readPid(pidFile);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  return (await isQemu(pid, uuid, uids)) ? pid : null;
}

/** Whether this process is the QEMU of that guest. A zombie has no command line and is not. */
export async function isQemu(pid: number, uuid: string, uids: readonly number[]): Promise<boolean> {
  const args = await processWords(pid);
  const at = args.indexOf('-uuid');
  if (at === -1 || args[at + 1] !== uuid || !(await belongsTo(pid, uids))) return false;
  return (await executableOf(pid))?.startsWith('qemu-system-') ?? false;
}

/** Sends a signal to a guest's QEMU, and to nothing else. One that is gone already is no error. */
export async function killQemu(
  pid: number,
  uuid: string,
  signal: NodeJS.Signals,
  uids: readonly number[],
  startedFile: string | null = null,
): Promise<void> {
  const isNoted = startedFile !== null && (await findStarted(startedFile, uids)) === pid;
  if (!isNoted && !(await isQemu(pid, uuid, uids))) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
