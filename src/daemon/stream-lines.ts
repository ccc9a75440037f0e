import type { Context } from 'hono';
import { stream } from 'hono/streaming';

/** What a producer of lines is given; `closed` is aborted when the reader has gone. */
export interface LineSink {
  write(value: unknown): void;
  end(): void;
  closed: AbortSignal;
}

/** Answers with NDJSON, one value a line as it comes, until the producer ends it or the reader goes. */
export function streamLines(context: Context, produce: (sink: LineSink) => () => void): Response {
  context.header('content-type', 'application/x-ndjson');
  return stream(context, async (output) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const closed = new AbortController();
    output.onAbort(() => resolve());
    // One write after the other, in order; a reader that is slow holds nobody up but itself.
    let last: Promise<unknown> = Promise.resolve();
    const write = (value: unknown) => {
      last = last.then(() => output.write(`${JSON.stringify(value)}\n`)).catch(() => resolve());
    };
    const stop = produce({ write, end: resolve, closed: closed.signal });
    await promise;
    closed.abort();
    stop();
    await last;
  });
}
