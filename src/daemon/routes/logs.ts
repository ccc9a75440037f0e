import { watch } from 'node:fs';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import { formatSize, KIB } from '../../base/size.ts';
import { TerminalStream } from '../../base/terminal-text.ts';
import { layoutOfGuest } from '../../engine/guests/guest-deps.ts';
import { readGuest } from '../../engine/guests/guest-records.ts';
import { readTail } from '../../engine/guests/log-tail.ts';
import { openLog } from '../../qemu/log-file.ts';
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
    const path = source === 'serial' ? layout.serialLog.file : layout.qemuLog.file;
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

/** Hands on what is written to a log, whatever becomes of its files, until the signal. */
async function followFile(
  path: string,
  signal: AbortSignal,
  write: (bytes: Buffer) => Promise<unknown>,
): Promise<void> {
  const log = await openLog(path);
  try {
    let position = await log.end();
    const watcher = watch(path, { signal });
    watcher.on('error', () => {});
    while (!signal.aborted) {
      const { from, bytes } = await log.read(position, PIECE_BYTES);
      if (from > position) await write(tellMissed(from - position));
      position = from + bytes.length;
      if (bytes.length > 0) await write(bytes);
      else await nextChange(watcher, signal);
    }
  } finally {
    await log.close();
  }
}

function tellMissed(bytes: number): Buffer {
  const size = bytes < KIB ? '' : ` (${formatSize(bytes)})`;
  return Buffer.from(`\n[lodge: ${bytes} bytes${size} dropped: they came faster than they were read]\n`);
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
