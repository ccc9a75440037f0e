import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { LodgeError, toErrorBody } from '../base/errors.ts';
import { openSocket } from '../engine/guests/console-hub.ts';
import { layoutOfGuest } from '../engine/guests/guest-deps.ts';
import { readGuest } from '../engine/guests/guest-records.ts';
import { guestCan } from '../model/guest.ts';
import type { Services } from './services.ts';

const PATH = /^\/v1\/guests\/([^/]+)\/(console|vnc)$/;
const ACCEPTED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lodge-stream\r\n\r\n';

/** Turns a request for a console or a screen into a plain stream of its bytes, both ways. */
export async function handleUpgrade(services: Services, request: IncomingMessage, stream: Duplex): Promise<void> {
  // A viewer that goes in the middle of anything is no error of ours.
  stream.on('error', () => stream.destroy());
  try {
    await connectStream(services, request, stream);
  } catch (error) {
    const status = error instanceof LodgeError ? error.httpStatus : 500;
    const text = JSON.stringify({ error: toErrorBody(error) });
    const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    stream.end(`${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }
}

async function connectStream(services: Services, request: IncomingMessage, stream: Duplex): Promise<void> {
  const [, name, kind] = PATH.exec((request.url ?? '').split('?')[0] ?? '') ?? [];
  if (name === undefined || request.headers.upgrade !== 'lodge-stream') {
    throw new LodgeError('ROUTE_NOT_FOUND', `there is no stream at ${request.url}`);
  }
  const record = readGuest(services.guests.store, decodeURIComponent(name));
  if (!guestCan(record.phase, kind as 'console' | 'vnc')) {
    throw new LodgeError('STATE_REFUSED', `${name} is ${record.phase}: it has no ${kind} now`, {
      hint: `lodge start ${name}`,
    });
  }
  const layout = layoutOfGuest(services.guests.layout, record);
  if (kind === 'vnc') {
    const screen = await openSocket(layout.vncSocket);
    stream.write(ACCEPTED);
    screen.pipe(stream).pipe(screen);
    stream.on('close', () => screen.destroy());
    screen.on('error', () => stream.destroy());
    return;
  }
  await services.consoles.join(layout.serialSocket, layout.serialLog, stream, ACCEPTED);
}
