import type { ReadStream } from 'node:tty';
import type { ApiClient } from '../api/client.ts';
import type { Layout } from '../model/layout.ts';
import type { Output } from './output.ts';

/** What a command is given: made once in main.ts, by hand in tests. */
export interface CliContext {
  env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative files of the user's are taken from here. */
  cwd: string;
  layout: Layout;
  stdin: ReadStream;
  output: Output;
  /** Starts the daemon when there is none. */
  client: ApiClient;
  /** Rejects with DAEMON_UNREACHABLE when no daemon runs. */
  clientIfRunning: ApiClient;
  /** What a shell offers after these words: it needs the whole table of commands, which no command knows. */
  answerCompletion(words: readonly string[]): Promise<string>;
  /** Puts a handler in the place of "Ctrl-C ends with 130", until the returned function is called. */
  onInterrupt(handler: () => void): () => void;
}
