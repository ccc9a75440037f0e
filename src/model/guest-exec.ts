import type { ErrorBody } from '../base/errors.ts';

/** A command for a guest's agent, as words: nothing of it goes through a shell. */
export interface ExecGuest {
  /** The program and its arguments. */
  command: string[];
  /** Account in the guest; without it root. */
  user?: string;
  /** Directory in the guest; without it the account's home. */
  cwd?: string;
  /** Environment besides the account's own. */
  env?: Record<string, string>;
  /** Whether the caller sends input; without it the command reads an empty one. */
  stdin?: boolean;
}

/** How a command in a guest ended: its exit code (128 + n when signal n ended it), or why nobody knows. */
export type ExecEnd = { exitCode: number } | { error: ErrorBody };

/** What has to fit into the agent's and the kernel's limits together: words, environment, directory. */
export const EXEC_MAX_CHARACTERS = 100_000;

/** How many commands one guest runs for us at once: each holds three of the 31 ports that a virtio-serial device has. */
export const EXECS_AT_ONCE = 8;
