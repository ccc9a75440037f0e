import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { REPLAY_HEADER } from '../api/routes.ts';
import { parseBoundedJson } from '../base/bounded-json.ts';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { formatSize } from '../base/size.ts';
import { openSocket } from '../engine/guests/console-hub.ts';
import { startExec } from '../engine/guests/exec/start-exec.ts';
import { layoutOfGuest } from '../engine/guests/guest-deps.ts';
import { notReady, readGuest } from '../engine/guests/guest-records.ts';
import { guestCan } from '../model/guest.ts';
import type { ExecGuest } from '../model/guest-exec.ts';
import { hangUp } from './door.ts';
import { joinExec } from './exec-stream.ts';
import { readTarget } from './request-limits.ts';
import { parseBody } from './routes/router.ts';
import { execGuestSchema } from './schemas.ts';
import type { Services } from './services.ts';

const KINDS = ['console', 'vnc', 'exec'] as const;
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lodge-stream\r\n';
const ACCEPTED = `${SWITCHING}\r\n`;
const BODY_MAX_BYTES = 1024 * 1024;
/** For the request's body to come whole. */
const BODY_LIMIT_MS = 30_000;

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
    hangUp(stream, error);
  }
}

async function connectStream(
  services: Services,
  request: IncomingMessage,
  stream: Duplex,
  first: Buffer,
): Promise<void> {
  const [version, noun, guest = '', word, ...more] = readTarget(request.url);
  const kind = KINDS.find((one) => one === word);
  const isStream = `${version}/${noun}` === 'v1/guests' && guest !== '' && more.length === 0;
  const method = kind === 'exec' ? 'POST' : 'GET';
  if (!isStream || kind === undefined || request.headers.upgrade !== 'lodge-stream' || request.method !== method) {
    throw new LodgeError('ROUTE_NOT_FOUND', `there is no stream at ${request.method} ${request.url?.slice(0, 200)}`);
  }
  if (kind === 'exec') return connectExec(services, request, stream, first, guest);
  const record = readGuest(services.guests.store, guest);
  const refusal = () => notReady(services.guests.store, record, kind);
  if (!guestCan(record.phase, kind)) throw refusal();
  const layout = layoutOfGuest(services.guests.layout, record);
  // Of a guest that is being made QEMU may not run yet: the phase says that better than a missing socket.
  const orRefuse = (error: unknown) => Promise.reject(isLodgeError(error, 'STATE_REFUSED') ? refusal() : error);
  if (kind === 'console') {
    await services.consoles.join(layout.serialSocket, layout.serialLog.file, stream, acceptConsole).catch(orRefuse);
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
  if (!(length <= BODY_MAX_BYTES)) {
    throw new LodgeError('REQUEST_TOO_LARGE', `a command may have ${formatSize(BODY_MAX_BYTES)}`);
  }
  const bytes = await readAtLeast(stream, first, length);
  if (bytes.length > length) stream.unshift(bytes.subarray(length));
  return length === 0 ? {} : parseBoundedJson(bytes.subarray(0, length), 'the request');
}

/** What comes up to so many bytes, and what came with the last of them. The stream is left paused. */
function readAtLeast(stream: Duplex, first: Buffer, length: number): Promise<Buffer> {
  if (first.length >= length) return Promise.resolve(first);
  const chunks = [first];
  let missing = length - first.length;
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      clearTimeout(limit);
      stream.pause();
      stream.off('data', onData).off('end', onEnd).off('close', onEnd);
      act();
    };
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      missing -= chunk.length;
      if (missing <= 0) finish(() => resolve(Buffer.concat(chunks)));
    };
    const onEnd = () => finish(() => reject(new LodgeError('USAGE', 'the request ends in its middle')));
    const late = new LodgeError('REQUEST_UNFINISHED', 'the request did not come to its end in time');
    const limit = setTimeout(() => finish(() => reject(late)), BODY_LIMIT_MS);
    stream.on('data', onData).on('end', onEnd).on('close', onEnd);
    stream.resume();
  });
}
