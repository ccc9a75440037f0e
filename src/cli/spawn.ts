import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { decodeRefusal, REFUSAL_FD, TELLS_REFUSAL } from '../api/start-refusal.ts';
import { LodgeError } from '../base/errors.ts';
import { inOneLine } from '../base/terminal-text.ts';

const VIEWER_TAIL_CHARACTERS = 500;

/**
 * Runs a program with the user's terminal to its end and gives its exit code; 128 + signal when a signal ended it.
 * Ctrl-C reaches the program itself, which decides: the caller must not end before it.
 *
 * @throws COMMAND_MISSING when there is no such program.
 */
export async function runInTerminal(program: string, args: readonly string[]): Promise<number> {
  return untilEnd(spawn(program, args, { stdio: 'inherit' }), program);
}

/** `runInTerminal` for the daemon. @throws why it does not start, in its own words */
export async function runDaemonInTerminal(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, [...args, TELLS_REFUSAL], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] });
  const refusal = refusalOf(child);
  const exitCode = await untilEnd(child, program);
  const refused = await refusal;
  if (refused !== null) throw refused;
  return exitCode;
}

async function untilEnd(child: ChildProcess, program: string): Promise<number> {
  const stay = () => undefined;
  process.on('SIGINT', stay).on('SIGQUIT', stay);
  try {
    return await exitOf(child, program);
  } finally {
    process.off('SIGINT', stay).off('SIGQUIT', stay);
  }
}

/**
 * Starts the daemon in a session of its own that outlives us, with everything it says appended to an open file.
 *
 * @param lodgeRoot its LODGE_ROOT: absolute, because it runs in `/`
 */
export function spawnDetached(
  program: string,
  args: readonly string[],
  logFd: number,
  lodgeRoot: string,
): { child: ChildProcess; refusal: Promise<LodgeError | null> } {
  const env = { ...process.env, LODGE_ROOT: lodgeRoot };
  const stdio: StdioOptions = ['ignore', logFd, logFd, 'pipe'];
  const child = spawn(program, [...args, TELLS_REFUSAL], { detached: true, stdio, cwd: '/', env });
  child.unref();
  return { child, refusal: refusalOf(child) };
}

/** Why a daemon does not start, when it has said so; it comes when the daemon has ended, or listens. */
function refusalOf(child: ChildProcess): Promise<LodgeError | null> {
  const pipe = child.stdio[REFUSAL_FD] as Socket | undefined;
  if (pipe === undefined || pipe === null) return Promise.resolve(null);
  let text = '';
  pipe.unref();
  pipe.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return new Promise((resolve) => {
    pipe.on('error', () => undefined).once('close', () => resolve(decodeRefusal(text)));
  });
}

/** Starts a program of the user's desktop. Resolves when it ends, with its exit code and the last line of what it complained of. */
export async function runViewer(program: string, args: readonly string[]): Promise<{ exitCode: number; said: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let tail = '';
  child.stderr.on('data', (data) => {
    tail = `${tail}${data}`.slice(-VIEWER_TAIL_CHARACTERS);
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const exitCode = await exitOf(child, program);
  await closed;
  return { exitCode, said: inOneLine(tail.trim().split('\n').at(-1) ?? '') };
}

/** Runs a program without the user's terminal, to its end. 128 + signal when a signal ended it. @throws COMMAND_MISSING */
export async function runQuietly(
  program: string,
  args: readonly string[],
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    said.stdout += data;
  });
  child.stderr.on('data', (data) => {
    said.stderr += data;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const exitCode = await exitOf(child, program);
  await closed;
  return { exitCode, ...said };
}

function exitOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') return reject(cause);
      reject(new LodgeError('COMMAND_MISSING', `there is no program ${program} on this host`, { hint: 'lodge setup' }));
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
