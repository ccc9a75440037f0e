import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { REPLAY_HEADER } from '../api/routes.ts';
import { isLodgeError, LodgeError, toErrorBody } from '../base/errors.ts';
import { openSocket } from '../engine/guests/console-hub.ts';
import { startExec } from '../engine/guests/exec/start-exec.ts';
import { layoutOfGuest } from '../engine/guests/guest-deps.ts';
import { notReady, readGuest } from '../engine/guests/guest-records.ts';
import { guestCan } from '../model/guest.ts';
import type { ExecGuest } from '../model/guest-exec.ts';
import { joinExec } from './exec-stream.ts';
import { parseBody } from './routes/router.ts';
import { execGuestSchema } from './schemas.ts';
import type { Services } from './services.ts';

const PATH = /^\/v1\/guests\/([^/]+)\/(console|vnc|exec)$/;
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lodge-stream\r\n';
const ACCEPTED = `${SWITCHING}\r\n`;
const BODY_MAX_BYTES = 1024 * 1024;

/** Turns a request for a console, a screen or a command into a stream of its bytes, both ways. */
export async function handleUpgrade(
  services: Services,
  request: IncomingMessage,
  stream: Duplex,
  first: Buffer,
): Promise<void> {
  // A viewer that goes in the middle of anything is no error of ours.
  stream.on('error', () => stream.destroy());
  try {
    await connectStream(services, request, stream, first);
  } catch (error) {
    const status = error instanceof LodgeError ? error.httpStatus : 500;
    const text = JSON.stringify({ error: toErrorBody(error) });
    const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    stream.end(`${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }
}

async function connectStream(
  services: Services,
  request: IncomingMessage,
  stream: Duplex,
  first: Buffer,
): Promise<void> {
  const [, name, kind] = PATH.exec((request.url ?? '').split('?')[0] ?? '') ?? [];
  const method = kind === 'exec' ? 'POST' : 'GET';
  if (name === undefined || request.headers.upgrade !== 'lodge-stream' || request.method !== method) {
    throw new LodgeError('ROUTE_NOT_FOUND', `there is no stream at ${request.method} ${request.url}`);
  }
  const guest = decodeURIComponent(name);
  if (kind === 'exec') return connectExec(services, request, stream, first, guest);
  const record = readGuest(services.guests.store, guest);
  const wish = kind as 'console' | 'vnc';
  const refusal = () => notReady(services.guests.store, record, wish);
  if (!guestCan(record.phase, wish)) throw refusal();
  const layout = layoutOfGuest(services.guests.layout, record);
  // Of a guest that is being made QEMU may not run yet: the phase says that better than a missing socket.
  const orRefuse = (error: unknown) => Promise.reject(isLodgeError(error, 'STATE_REFUSED') ? refusal() : error);
  if (wish === 'console') {
    await services.consoles.join(layout.serialSocket, layout.serialLog, stream, acceptConsole).catch(orRefuse);
    return;
  }
  const screen = await openSocket(layout.vncSocket).catch(orRefuse);
  stream.write(ACCEPTED);
  screen.pipe(stream).pipe(screen);
  stream.on('close', () => screen.destroy());
  screen.on('error', () => stream.destroy());
}

/** The viewer is told how much of what comes was written before he joined. */
function acceptConsole(replayBytes: number): string {
  return `${SWITCHING}${REPLAY_HEADER}: ${replayBytes}\r\n\r\n`;
}

async function connectExec(
  services: Services,
  request: IncomingMessage,
  stream: Duplex,
  first: Buffer,
  guest: string,
): Promise<void> {
  const body = await readBody(request, stream, first);
  const wanted = parseBody(execGuestSchema, body) as ExecGuest;
  const started = await startExec({ ...services.guests, lanes: services.lanes }, guest, wanted);
  if (stream.destroyed) return started.abandon();
  stream.write(ACCEPTED);
  joinExec(stream, started);
}

/** node:http takes a request that upgrades for one without a body: it is the first that comes on the stream. */
async function readBody(request: IncomingMessage, stream: Duplex, first: Buffer): Promise<unknown> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (!(length <= BODY_MAX_BYTES)) throw new LodgeError('USAGE', `a command may have ${BODY_MAX_BYTES} bytes`);
  let bytes = first;
  while (bytes.length < length) {
    const more = await nextChunk(stream);
    if (more === null) throw new LodgeError('USAGE', 'the request ends in its middle');
    bytes = Buffer.concat([bytes, more]);
  }
  if (bytes.length > length) stream.unshift(bytes.subarray(length));
  try {
    return JSON.parse(bytes.toString('utf8', 0, length) || '{}');
  } catch (cause) {
    throw new LodgeError('USAGE', 'the request is no JSON', { cause });
  }
}

function nextChunk(stream: Duplex): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const done = (chunk: Buffer | null) => {
      stream.pause();
      stream.off('data', onData).off('end', onEnd).off('close', onEnd);
      resolve(chunk);
    };
    const onData = (chunk: Buffer) => done(chunk);
    const onEnd = () => done(null);
    stream.on('data', onData).on('end', onEnd).on('close', onEnd);
    stream.resume();
  });
}
