import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { requireBounded } from '../base/bounded-json.ts';
import { LodgeError } from '../base/errors.ts';
import { errorResponse, rawErrorAnswer } from './error-answer.ts';
import { BodyReader, tooBusy } from './read-body.ts';
import {
  bodyLimitsOf,
  CLIENT_LIMITS,
  type ClientLimits,
  CONNECTIONS,
  LINGER_MS,
  readTarget,
} from './request-limits.ts';

export interface DoorOptions {
  /** The connection tells a route who asks (`routes/caller.ts`). */
  fetch: (request: Request, connection: { incoming: unknown }) => Response | Promise<Response>;
  /** A request that wants to become a stream; it answers errors itself. */
  upgrade: (request: IncomingMessage, stream: Duplex, first: Buffer) => void;
  /** For tests, which have neither a minute nor thousands of connections. */
  connections?: { served: number; open: number };
  client?: ClientLimits;
}

/**
 * The daemon's HTTP server, with what everybody has to get past before a route sees him: his path, his body, his patience and his
 * number are bounded here, whatever the route. What is refused is answered as every error of the API is.
 */
export function createDoor({ fetch, upgrade, connections = CONNECTIONS, client = CLIENT_LIMITS }: DoorOptions): Server {
  const bodies = new BodyReader();
  const serve = getRequestListener(fetch, {
    errorHandler: () => errorResponse(new LodgeError('USAGE', 'the request is none that HTTP knows')),
  });
  let open = 0;
  const requireRoom = () => {
    if (open > connections.served) throw tooBusy(`it has ${connections.served} connections`);
  };
  const admit = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      requireRoom();
      readTarget(request.url);
      await takeBody(bodies, request);
    } catch (error) {
      return refuse(request, error);
    }
    await serve(request, response);
  };
  const server = createServer(client, (request, response) => void admit(request, response));
  server.maxConnections = connections.open;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  server.on('upgrade', (request, stream: Duplex, first: Buffer) => {
    // A viewer that goes in the middle of anything is no error of ours.
    stream.on('error', () => stream.destroy());
    try {
      requireRoom();
      readTarget(request.url);
    } catch (error) {
      return hangUp(stream, error);
    }
    upgrade(request, stream, first);
  });
  server.on('connect', (_request, stream: Duplex) => {
    stream.on('error', () => stream.destroy());
    hangUp(stream, new LodgeError('USAGE', 'there is nothing to CONNECT to'));
  });
  server.on('checkExpectation', (request) => {
    refuse(request, new LodgeError('USAGE', 'the request expects what is not done here'));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, stream: Duplex) => {
    // What still comes from him who was hung up on is no HTTP either.
    if (stream.writableEnded) return;
    if (stream.writable) hangUp(stream, unreadable(error.code));
    else stream.destroy();
  });
  return server;
}

/**
 * Reads the body, judges its depth, and leaves it where the adapter looks for it. None at all is `{}`, and whatever it calls itself it
 * is JSON: there is nothing else, and a body that a route's schema did not see would be one that nobody has judged.
 */
async function takeBody(bodies: BodyReader, request: IncomingMessage): Promise<void> {
  const length = request.headers['content-length'];
  const claimed = length === undefined ? undefined : Number(length);
  const limits = bodyLimitsOf(request.url ?? '');
  const body = await bodies.read(request, claimed, limits.bytes);
  // Whoever it was called as: the name of a socket is its path.
  request.headers.host = 'lodge';
  if (request.method === 'GET' || request.method === 'HEAD') return;
  requireBounded(body, 'the request', limits.values);
  const kept: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(at, at + 2);
    if (name.toLowerCase() !== 'content-type') kept.push(name, value);
  }
  request.rawHeaders = [...kept, 'Content-Type', 'application/json'];
  Object.assign(request, { rawBody: body.length > 0 ? body : Buffer.from('{}') });
}

function refuse(request: IncomingMessage, error: unknown): void {
  // Not by the answer object, with which node:http would hang up at once.
  request.resume();
  hangUp(request.socket, error);
}

/** What he still sends is thrown away for a moment: whoever writes into a closed connection does not read the answer in it. */
export function hangUp(stream: Duplex, error: unknown): void {
  stream.end(rawErrorAnswer(error));
  stream.resume();
  setTimeout(() => stream.destroy(), LINGER_MS).unref();
}

function unreadable(code: string | undefined): LodgeError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new LodgeError('REQUEST_UNFINISHED', 'the request did not come to its end in time');
  }
  if (code === 'HPE_HEADER_OVERFLOW')
    return new LodgeError('REQUEST_TOO_LARGE', 'the head of the request is too large');
  return new LodgeError('USAGE', 'the request is no HTTP');
}
