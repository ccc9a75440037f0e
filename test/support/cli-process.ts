import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { cliBuild } from '../../build.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

let bundle: string | undefined;

/** The command line of this checkout, bundled once for all tests of a process: each start costs half of an unbundled one. */
function cliEntry(): string {
  if (bundle !== undefined) return bundle;
  const directory = mkdtempSync(join(tmpdir(), 'lodge-bundle-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  bundle = join(directory, 'lodge.cjs');
  buildSync({ ...cliBuild(REPOSITORY), outfile: bundle });
  return bundle;
}

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface CliOptions {
  /** Written to the standard input, which is closed after it. */
  input?: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** A running `lodge`, as a user's shell would start it. */
export interface CliProcess {
  child: ChildProcessWithoutNullStreams;
  /** What came so far. */
  output(): { stdout: string; stderr: string };
  /** Resolves when the streams hold a text; rejects when the process ends without it. */
  seen(text: string): Promise<void>;
  result: Promise<CliResult>;
}

/** The arguments to Node that run the command line of this checkout. */
export function cliCommand(args: readonly string[]): string[] {
  return [process.execPath, cliEntry(), ...args];
}

export function startCli(root: string, args: readonly string[], options: CliOptions = {}): CliProcess {
  const [program = '', ...words] = cliCommand(args);
  const env = { PATH: process.env.PATH ?? '', HOME: root, LODGE_ROOT: root, LANG: 'C.UTF-8', ...options.env };
  const child = spawn(program, words, { env, cwd: options.cwd ?? root });
  const text = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      for (const check of waiting) check();
    });
  }
  child.stdin.on('error', () => undefined);
  // It may have ended before it read that: how it ended is looked at, not whether it read.
  child.stdin.on('error', () => {});
  if (options.input !== undefined) child.stdin.end(options.input);
  const result = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, ...text }));
  });
  return {
    child,
    output: () => ({ ...text }),
    seen: (wanted) =>
      new Promise((resolve, reject) => {
        const check = () => (text.stdout + text.stderr).includes(wanted) && resolve();
        waiting.add(check);
        check();
        child.once('close', () => reject(new Error(`never said ${wanted}: ${text.stdout}${text.stderr}`)));
      }),
    result,
  };
}

/** Runs `lodge ARGS` with an empty standard input to its end. */
export function runCliProcess(root: string, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(root, args, { input: '', ...options }).result;
}
