/** One program of the system with its arguments, as data: run by `host/run-calls.ts`, or written into a shell script. */
export interface ProgramCall {
  program: string;
  args: string[];
  /** For its standard input. */
  input?: string;
  /** What it may fail with, as a part of its words: the state it was to bring about is there already. */
  tolerates?: readonly string[];
}
