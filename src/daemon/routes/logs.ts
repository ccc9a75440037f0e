import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import { KIB } from '../../base/size.ts';
import { TerminalStream } from '../../base/terminal-text.ts';
import { layoutOfGuest } from '../../engine/guests/guest-deps.ts';
import { readGuest } from '../../engine/guests/guest-records.ts';
import { readTail } from '../../engine/guests/log-tail.ts';
import type { Services } from '../services.ts';
import { answers, nameParameter } from './describe.ts';
import { createRouter } from './router.ts';

const DEFAULT_LINES = 1000;
const POLL_MS = 500;
const PIECE_BYTES = 64 * KIB;

const logs = createRoute({
  method: 'get',
  path: '/v1/guests/{name}/logs',
  summary: "What a guest's serial console or its QEMU said",
  request: {
    ...nameParameter,
    query: z.object({
      source: z.enum(['serial', 'qemu']).optional(),
      tail: z.coerce.number().int().min(0).optional(),
      follow: z.enum(['0', '1']).optional(),
    }),
  },
  responses: answers('text/plain'),
});

export function logRoutes({ guests }: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(logs, async (context) => {
    const { source = 'serial', tail = DEFAULT_LINES, follow } = context.req.valid('query');
    const layout = layoutOfGuest(guests.layout, readGuest(guests.store, context.req.param('name')));
    const path = source === 'serial' ? layout.serialLog : layout.qemuLog;
    const lines = (await readTail(path, tail)).map((line) => `${line}\n`).join('');
    context.header('content-type', 'text/plain; charset=utf-8');
    if (follow !== '1') return context.body(lines);
    return stream(context, async (output) => {
      const gone = new AbortController();
      output.onAbort(() => gone.abort());
      await output.write(lines);
      const text = new TerminalStream();
      // Each write waits for the reader: of what is appended meanwhile nothing is kept but in the file.
      await followFile(path, gone.signal, (bytes) => output.write(text.push(bytes)));
    });
  });
  return app;
}

/** Hands on what is appended to a file, also after it was cut short, until the signal. */
async function followFile(
  path: string,
  signal: AbortSignal,
  write: (bytes: Buffer) => Promise<unknown>,
): Promise<void> {
  const file = await open(path, 'r');
  try {
    let position = (await file.stat()).size;
    const watcher = watch(path, { signal });
    watcher.on('error', () => {});
    while (!signal.aborted) {
      const { size } = await file.stat();
      if (size < position) {
        await write(Buffer.from('\n[lodge: the log was cut short here; what was before is in its older part]\n'));
        position = 0;
      }
      if (size > position) {
        const most = Math.min(size - position, PIECE_BYTES);
        const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, position);
        position += bytesRead;
        await write(buffer.subarray(0, bytesRead));
      } else {
        await nextChange(watcher, signal);
      }
    }
  } finally {
    await file.close();
  }
}

/** The next change of the file, or half a second: a change between the look and the wait is not lost for long. */
function nextChange(watcher: ReturnType<typeof watch>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      watcher.off('change', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, POLL_MS);
    watcher.once('change', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
