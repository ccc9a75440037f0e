import type { Context } from 'hono';
import { stream } from 'hono/streaming';
import { Backlog } from './backlog.ts';

/** What a producer of lines is given. It is never waited for: what its reader has no time for is dropped, the oldest first. */
export interface LineSink<Value> {
  write(value: Value): void;
  end(): void;
}

interface LineOptions<Value> {
  /** The line that stands where so many were dropped; without it nothing is said, for values of which the newest says all. */
  missed?: (count: number, next: Value) => unknown;
}

/** Answers with NDJSON, one value a line as it comes, until the producer ends it or the reader goes. */
export function streamLines<Value>(
  context: Context,
  produce: (sink: LineSink<Value>) => () => void,
  { missed }: LineOptions<Value> = {},
): Response {
  context.header('content-type', 'application/x-ndjson');
  return stream(context, async (output) => {
    const backlog = new Backlog<Value>();
    output.onAbort(() => backlog.end());
    const stop = produce({ write: (value) => backlog.push(value), end: () => backlog.end() });
    try {
      // One write after the other: a reader that is slow holds nobody up, and nothing more than the backlog is kept for it.
      for (let next = await backlog.take(); next !== null; next = await backlog.take()) {
        if (output.aborted) return;
        const { value, dropped } = next;
        if (dropped > 0 && missed !== undefined) await output.write(`${JSON.stringify(missed(dropped, value))}\n`);
        await output.write(`${JSON.stringify(value)}\n`);
      }
    } finally {
      stop();
    }
  });
}
