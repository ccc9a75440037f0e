import { type ErrorBody, fromErrorBody, LodgeError } from '../../base/errors.ts';
import { MIB } from '../../base/size.ts';
import { type ProgramEnd, runProgram } from '../../host/run-program.ts';
import { JUDGE_REFUSES } from './judge-facts.ts';

/** A fixture of 400 kB takes 0.3 s, most of it Node's own start; an emulated processor is ten times as slow. */
const LIMIT_MS = 30_000;
const MEMORY_MIB = 512;
const ANSWER_MAX_BYTES = 16 * MIB;

export interface JudgeLimits {
  timeMs: number;
  memoryMiB: number;
  /** Judged at once, and waiting for it. */
  running: number;
  waiting: number;
}

/** Two at once leave a small host a processor for everything else. */
const LIMITS: JudgeLimits = { timeMs: LIMIT_MS, memoryMiB: MEMORY_MIB, running: 2, waiting: 8 };

/** What judges the facts of strangers, each in a process that is bounded in time and memory and may do nothing. */
export interface Judge {
  /**
   * @param bytes `{"facts": …}` as it came
   * @returns the explanation as JSON
   * @throws VALIDATION_FAILED, USAGE; TOO_COSTLY when it takes too long or too much memory; TOO_BUSY
   */
  explain(bytes: Uint8Array): Promise<string>;
}

/** @param entry what Node runs as the judge */
export function createJudge(entry: string, limits: JudgeLimits = LIMITS): Judge {
  const waiting: (() => void)[] = [];
  let running = 0;
  const run = async (bytes: Uint8Array) => {
    if (running >= limits.running) {
      if (waiting.length >= limits.waiting) {
        const hint = 'try again in a moment';
        throw new LodgeError('TOO_BUSY', `${running + waiting.length} files of facts are being judged`, { hint });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await runJudge(entry, bytes, limits);
    } finally {
      // The place is handed on, so that nobody slips in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return { explain: async (bytes) => answerOf(await run(bytes), limits) };
}

function runJudge(entry: string, bytes: Uint8Array, { timeMs, memoryMiB }: JudgeLimits): Promise<ProgramEnd> {
  // It reads its own code, and neither writes, nor starts a program, nor has our environment with the proxies' logins.
  const options = [
    '--disable-warning=ExperimentalWarning',
    `--max-old-space-size=${memoryMiB}`,
    '--permission',
    '--allow-fs-read=*',
  ];
  return runProgram(process.execPath, [...options, entry], {
    input: bytes,
    timeoutMs: timeMs,
    signal: null,
    killSignal: 'SIGKILL',
    env: { LC_ALL: 'C.UTF-8' },
    cwd: '/',
    maxOutputBytes: ANSWER_MAX_BYTES,
    descriptors: [],
    onLine: null,
  });
}

function answerOf({ exitCode, endedBy, signal, stdout, stderr, startError }: ProgramEnd, limits: JudgeLimits): string {
  if (exitCode === 0 && endedBy === null) return stdout;
  if (exitCode === JUDGE_REFUSES && endedBy === null) throw fromErrorBody(JSON.parse(stdout) as ErrorBody);
  if (endedBy === 'time-limit') throw tooCostly(`longer than ${limits.timeMs / 1000} s`);
  if (endedBy === 'output-limit') throw tooCostly('more words than anybody reads');
  // V8 ends the process itself when its heap is full.
  if (signal === 'SIGABRT' || /heap out of memory|Allocation failed/.test(stderr)) {
    throw tooCostly(`more than ${limits.memoryMiB} MiB of memory`);
  }
  throw new LodgeError('INTERNAL', 'the judge of facts ended without an answer', {
    cause: startError ?? new Error(stderr.trim().slice(-500) || `exit code ${exitCode}, signal ${signal}`),
  });
}

function tooCostly(what: string): LodgeError {
  return new LodgeError('TOO_COSTLY', `judging these facts takes ${what}: they are no host's`, {
    hint: 'look for the file or the list in them that is far too long',
  });
}
