import type { ReadStream } from 'node:tty';

interface QuestionStreams {
  input: ReadStream;
  output: NodeJS.WriteStream;
  signal: AbortSignal;
}

/**
 * Puts one question of @clack/prompts on stderr. Undefined when it was left without an answer: by Ctrl-C, by Esc, or by the end of the
 * input (Ctrl-D, a terminal that is gone), of which clack hears nothing: its readline closes and pauses the input, the process has
 * nothing to wait for any more, and would end as if all was well, with the cursor hidden.
 */
export async function ask<Answer>(
  stdin: ReadStream,
  put: (streams: QuestionStreams) => Promise<Answer>,
): Promise<Exclude<Answer, symbol> | undefined> {
  const { stderr } = process;
  // A terminal that was never told its size says 0, and clack would break the line after each letter.
  stderr.columns ||= 80;
  stderr.rows ||= 24;
  const left = new AbortController();
  // An answer pauses the input as well; it is taken before the next turn.
  const onPause = () => setImmediate(() => left.abort());
  stdin.once('pause', onPause);
  try {
    const answer = await put({ input: stdin, output: stderr, signal: left.signal });
    // clack's word for "cancelled" is a symbol, and no answer is one.
    return typeof answer === 'symbol' ? undefined : (answer as Exclude<Answer, symbol>);
  } finally {
    stdin.off('pause', onPause);
  }
}
