import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
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
  const child = spawn(program, args, { stdio: 'inherit' });
  const stay = () => undefined;
  process.on('SIGINT', stay).on('SIGQUIT', stay);
  try {
    return await exitOf(child, program);
  } finally {
    process.off('SIGINT', stay).off('SIGQUIT', stay);
  }
}

/**
 * Starts a program in a session of its own that outlives us, with everything it says appended to an open file.
 *
 * @param lodgeRoot its LODGE_ROOT: absolute, because it runs in `/`
 */
export function spawnDetached(
  program: string,
  args: readonly string[],
  logFd: number,
  lodgeRoot: string,
): ChildProcess {
  const env = { ...process.env, LODGE_ROOT: lodgeRoot };
  const child = spawn(program, args, { detached: true, stdio: ['ignore', logFd, logFd], cwd: '/', env });
  child.unref();
  return child;
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
