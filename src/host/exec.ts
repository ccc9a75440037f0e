import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { LodgeError } from '../base/errors.ts';
import { withoutProxies } from '../base/proxy.ts';
import { runProgram } from './run-program.ts';

export interface ExecOptions {
  /** Written to the program's standard input, which is closed after it. */
  input?: string | Uint8Array;
  /** Time limit; default 60,000 ms. 0 means none. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** What an abort or the time limit sends; default SIGTERM, and SIGKILL 5 s after it. */
  killSignal?: 'SIGTERM' | 'SIGKILL';
  env?: Record<string, string>;
  /** The whole environment, in place of ours with `env` over it. */
  environment?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Open files or sockets that the program gets as its descriptors 3, 4 and so on. */
  descriptors?: readonly (number | Socket)[];
  /** It leaves a process of an unprivileged user behind, which need not know what our environment holds. */
  staysBehind?: boolean;
  /** Exit codes that are an answer and not an error; default [0]. */
  okExitCodes?: number[];
  /** Called with each line of stdout and stderr as it comes. */
  onLine?: (line: string) => void;
}

export interface ExecResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

const TAIL_CHARACTERS = 2000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs a program of the system to its end, without a shell. With `run-program.ts` below it the only place that starts processes
 * besides the CLI's own (`cli/spawn.ts`). Programs speak English here: LC_ALL=C.UTF-8.
 *
 * @throws COMMAND_MISSING when there is no such program, COMMAND_FAILED with the tail of its stderr,
 *   TIMED_OUT, CANCELLED when the signal is aborted.
 */
export async function exec(program: string, args: string[], options: ExecOptions = {}): Promise<ExecResult> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const result = await runProgram(program, args, {
    input: options.input ?? null,
    timeoutMs,
    signal: options.signal ?? null,
    killSignal: options.killSignal ?? 'SIGTERM',
    env: { ...environmentOf(options), LC_ALL: 'C.UTF-8', ...options.env },
    cwd: options.cwd,
    descriptors: options.descriptors ?? [],
    maxOutputBytes: MAX_OUTPUT_BYTES,
    onLine: options.onLine ?? null,
  });
  const shown = [program, ...args].join(' ').slice(0, 300);
  if (result.endedBy === 'abort') throw new LodgeError('CANCELLED', `${program} was cancelled`);
  if (result.endedBy === 'time-limit') {
    throw new LodgeError('TIMED_OUT', `${shown} took longer than ${timeoutMs / 1000} s`);
  }
  if (result.startError !== null) throw startError(program, shown, options.cwd, result.startError);
  const exitCode = result.exitCode ?? -1;
  const { stdout, stderr } = result;
  if (!(options.okExitCodes ?? [0]).includes(exitCode)) {
    const ended = result.signal === null ? `exited with ${exitCode}` : `was ended by ${result.signal}`;
    const said = (stderr || stdout).trim().slice(-TAIL_CHARACTERS);
    if (/No space left on device|Disk quota exceeded/.test(said)) {
      throw new LodgeError('DISK_FULL', 'the disk is full', {
        hint: 'df -h, then lodge image ls',
        cause: new Error(`${shown} ${ended}: ${said}`),
      });
    }
    throw new LodgeError('COMMAND_FAILED', `${shown} ${ended}${said === '' ? '' : `: ${said}`}`);
  }
  return { stdout, stderr, exitCode };
}

function environmentOf({ environment, staysBehind }: ExecOptions): NodeJS.ProcessEnv {
  if (environment !== undefined) return environment;
  return staysBehind ? { PATH: process.env.PATH } : process.env;
}

function startError(program: string, shown: string, cwd: string | undefined, cause: NodeJS.ErrnoException): LodgeError {
  // The same code where the directory is missing.
  if (cause.code === 'ENOENT' && (cwd === undefined || existsSync(cwd))) {
    return new LodgeError('COMMAND_MISSING', `there is no program ${program} on this host`, { hint: 'lodge setup' });
  }
  return new LodgeError('COMMAND_FAILED', `${shown} cannot be started`, { cause });
}

export interface DetachedProcess {
  pid: number;
  /** How it ended; known only for as long as this process lives. Never rejects. */
  exited: Promise<{ exitCode: number | null; signal: string | null }>;
}

/**
 * Starts a program that outlives this process: a session of its own, nothing on its standard input, its output appended
 * to a file.
 *
 * @throws COMMAND_MISSING when there is no such program, COMMAND_FAILED when it cannot be started.
 */
export async function startDetached(
  program: string,
  args: string[],
  options: { logFile: string; environment?: NodeJS.ProcessEnv },
): Promise<DetachedProcess> {
  const log = await open(options.logFile, 'a', 0o640);
  try {
    // Nothing of ours may stand between the program and its file.
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...(options.environment ?? withoutProxies(process.env)), LC_ALL: 'C.UTF-8' },
      cwd: '/',
    });
    const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    await once(child, 'spawn');
    child.unref();
    if (child.pid === undefined) throw new Error(`${program} has no pid`);
    return { pid: child.pid, exited };
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing) throw new LodgeError('COMMAND_MISSING', `there is no program ${program} on this host`);
    throw new LodgeError('COMMAND_FAILED', `${program} cannot be started`, { cause });
  } finally {
    await log.close();
  }
}

/** A program that waits for our end. */
export interface HeldProcess {
  pid: number;
  /** Writes the words as a line, closes its standard input and waits until it has ended. */
  release: (words: string) => Promise<void>;
}

/**
 * Starts a program whose standard input stays open for as long as this process lives: it reads end-of-file when we are gone, be it
 * by SIGKILL. A session of its own: no signal to our group ends it before us.
 *
 * @throws COMMAND_FAILED when it cannot be started.
 */
export async function startHeld(program: string, args: string[]): Promise<HeldProcess> {
  const child = spawn(program, args, {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...withoutProxies(process.env), LC_ALL: 'C.UTF-8' },
    cwd: '/',
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new LodgeError('COMMAND_FAILED', `${program} cannot be started`, { cause });
  }
  if (child.pid === undefined) throw new Error(`${program} has no pid`);
  // Neither of the two keeps us alive: our end is what it waits for.
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  // It may have ended by itself: what is written then is of no use to anybody.
  child.stdin.on('error', () => undefined);
  const release = async (words: string) => {
    child.ref();
    child.stdin.end(`${words}\n`);
    await exited;
  };
  return { pid: child.pid, release };
}

/** A program that is spoken to line by line. */
export interface TalkingProcess {
  say: (line: string) => void;
  /** Fulfilled when it has ended, however. */
  ended: Promise<void>;
  /** Closes its standard input and waits until it has ended. */
  end: () => Promise<void>;
}

/**
 * Starts a program that reads lines and writes lines, and that ends when its standard input does: with us, be it by SIGKILL.
 * One that has ended by itself is told no more.
 *
 * @throws COMMAND_MISSING when there is no such program, COMMAND_FAILED when it cannot be started.
 */
export async function startTalking(
  program: string,
  args: string[],
  onLine: (line: string) => void,
): Promise<TalkingProcess> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
    cwd: '/',
  });
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing) throw new LodgeError('COMMAND_MISSING', `there is no program ${program} on this host`);
    throw new LodgeError('COMMAND_FAILED', `${program} cannot be started`, { cause });
  }
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', onLine);
  return {
    say: (line) => void child.stdin.write(`${line}\n`),
    ended: exited,
    end: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
