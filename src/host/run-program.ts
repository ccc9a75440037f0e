import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

export interface ProgramRun {
  input: string | Uint8Array | null;
  /** 0 means none. */
  timeoutMs: number;
  signal: AbortSignal | null;
  /** What an abort or the time limit sends, SIGKILL after it. */
  killSignal: 'SIGTERM' | 'SIGKILL';
  /** The whole environment. */
  env: NodeJS.ProcessEnv;
  cwd: string | undefined;
  /** What the program gets as its descriptors 3, 4 and so on; it gets no others. */
  descriptors: readonly (number | Socket)[];
  /** Each stream's limit: a program that says more is ended. */
  maxOutputBytes: number;
  onLine: ((line: string) => void) | null;
}

export interface ProgramEnd {
  stdout: string;
  stderr: string;
  exitCode: number | null;
  signal: string | null;
  /** Why we ended it; null when it ended by itself. */
  endedBy: 'abort' | 'time-limit' | 'output-limit' | null;
  /** It could not be started. */
  startError: NodeJS.ErrnoException | null;
}

/** What a program that was asked to end gets to do so. */
const END_GRACE_MS = 5000;

// Each running program has a listener for our end, and a proof runs more than ten at once.
process.setMaxListeners(0);

/**
 * Runs a program to its end and until its output is closed; never rejects. It does not outlive us when we end in order. Node's own
 * child_process: a library on top of it took as long again as the programs, and every command of Lodge runs some.
 */
export function runProgram(program: string, args: readonly string[], run: ProgramRun): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const end: ProgramEnd = { stdout: '', stderr: '', exitCode: null, signal: null, endedBy: null, startError: null };
    if (run.signal?.aborted) return resolve({ ...end, endedBy: 'abort' });
    const options: SpawnOptions = {
      env: run.env,
      cwd: run.cwd,
      stdio: [run.input === null ? 'ignore' : 'pipe', 'pipe', 'pipe', ...run.descriptors],
    };
    let child: ChildProcess;
    try {
      child = spawn(program, args, options);
    } catch (error) {
      // What is no word of a command line at all: a zero byte, too many.
      return resolve({ ...end, startError: error as NodeJS.ErrnoException });
    }
    let killer: NodeJS.Timeout | null = null;
    const stop = (why: NonNullable<ProgramEnd['endedBy']>) => {
      if (end.endedBy !== null) return;
      end.endedBy = why;
      child.kill(run.killSignal);
      killer = setTimeout(() => child.kill('SIGKILL'), END_GRACE_MS);
    };
    const output = collect(child, run, () => stop('output-limit'));
    const limit = run.timeoutMs === 0 ? null : setTimeout(() => stop('time-limit'), Math.ceil(run.timeoutMs));
    const abort = () => stop('abort');
    const leave = () => void child.kill();
    run.signal?.addEventListener('abort', abort, { once: true });
    process.once('exit', leave);
    child.once('error', (error) => {
      // After the start it is a kill or a message that failed: the end comes all the same.
      if (child.pid === undefined) end.startError = error;
    });
    // Its own children may hold the output open: they are not waited for once we have ended it.
    child.once('exit', () => {
      if (end.endedBy !== null) for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    });
    child.once('close', (exitCode, signal) => {
      for (const timer of [killer, limit]) if (timer !== null) clearTimeout(timer);
      run.signal?.removeEventListener('abort', abort);
      process.off('exit', leave);
      resolve({ ...end, ...output(), exitCode: child.pid === undefined ? null : exitCode, signal });
    });
    // A program that does not read its input, or ends before it has, is no error of ours.
    child.stdin?.on('error', () => {});
    if (run.input !== null) child.stdin?.end(run.input);
  });
}

/** Gathers both streams. @returns what was said, to be asked once they are closed */
function collect(
  child: ChildProcess,
  run: ProgramRun,
  onTooMuch: () => void,
): () => { stdout: string; stderr: string } {
  const gathered = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const lines = run.onLine === null ? null : lineSplitter(run.onLine);
    stream?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > run.maxOutputBytes) return onTooMuch();
      chunks.push(chunk);
      lines?.push(chunk);
    });
    stream?.on('end', () => lines?.finish());
    stream?.on('error', () => {});
    return () => Buffer.concat(chunks).toString('utf8');
  });
  const [stdout = () => '', stderr = () => ''] = gathered;
  return () => ({ stdout: stdout(), stderr: stderr() });
}

/** Cuts at line ends before it decodes: no character is torn. A last line without an end counts. */
function lineSplitter(onLine: (line: string) => void): { push(chunk: Buffer): void; finish(): void } {
  let rest: Buffer[] = [];
  const say = (bytes: Buffer[]) => onLine(Buffer.concat(bytes).toString('utf8').replace(/\r$/, ''));
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
        say([...rest, chunk.subarray(from, at)]);
        rest = [];
        from = at + 1;
      }
      if (from < chunk.length) rest.push(chunk.subarray(from));
    },
    finish() {
      if (rest.length > 0) say(rest);
      rest = [];
    },
  };
}
