import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ErrorBody } from '../../src/base/errors.ts';
import { layoutOf } from '../../src/model/layout.ts';

/** What the fake was asked, in order. */
interface SeenRequest {
  method: string;
  path: string;
  body: unknown;
}

export interface FakeExchange {
  request: SeenRequest;
  /** The path's part that matched each `*` of the route. */
  parts: string[];
  query: URLSearchParams;
  response: ServerResponse;
}

/** Answers a request; a returned value is sent as JSON, with the status of `answer()` when it comes from there. */
type Handler = (exchange: FakeExchange) => unknown;

export interface FakeDaemon extends AsyncDisposable {
  /** LODGE_ROOT of the fake. */
  root: string;
  socketPath: string;
  requests: SeenRequest[];
  /** `on('GET /v1/guests/*', …)`: the latest handler of a route wins. */
  on(route: string, handler: Handler): void;
  /** What an upgraded connection does: the stream, and the path it was asked for. */
  onUpgrade(handler: (stream: Duplex, path: string) => void): void;
}

const STATUS = Symbol('status');

/** A JSON answer with a status other than 200. */
export function answer(status: number, body: unknown): object {
  return { [STATUS]: status, body };
}

export function errorAnswer(status: number, error: ErrorBody): object {
  return answer(status, { error });
}

/**
 * A daemon for the command line's tests: node:http on a unix socket in a fresh LODGE_ROOT, with the answers the test
 * gives it. A route it does not know is ROUTE_NOT_FOUND.
 */
export async function startFakeDaemon(): Promise<FakeDaemon> {
  const root = mkdtempSync(join(tmpdir(), 'lodge-cli-'));
  const { daemonSocket } = layoutOf(root);
  mkdirSync(dirname(daemonSocket), { recursive: true });
  const routes = new Map<string, Handler>();
  const requests: SeenRequest[] = [];
  let upgraded: (stream: Duplex, path: string) => void = (stream) => stream.end();
  const server = createServer((request, response) => void respond(request, response, routes, requests));
  const streams = new Set<Duplex>();
  server.on('upgrade', (request, stream) => {
    streams.add(stream);
    requests.push({ method: 'GET', path: request.url ?? '', body: undefined });
    stream.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lodge-stream\r\n\r\n');
    upgraded(stream, request.url ?? '');
  });
  await new Promise<void>((resolve) => server.listen(daemonSocket, resolve));
  return {
    root,
    socketPath: daemonSocket,
    requests,
    on: (route, handler) => void routes.set(route, handler),
    onUpgrade: (handler) => {
      upgraded = handler;
    },
    [Symbol.asyncDispose]: () => {
      // node:http no longer counts an upgraded connection among its own.
      for (const stream of streams) stream.destroy();
      return close(server, root);
    },
  };
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  routes: Map<string, Handler>,
  requests: SeenRequest[],
): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://lodge');
  const request = { method: incoming.method ?? '', path: incoming.url ?? '', body: await readJson(incoming) };
  requests.push(request);
  const found = findRoute(routes, request.method, url.pathname);
  const result =
    found === undefined
      ? errorAnswer(404, { code: 'ROUTE_NOT_FOUND', message: `there is no ${request.method} ${url.pathname}` })
      : await found.handler({ request, parts: found.parts, query: url.searchParams, response });
  if (response.headersSent || result === undefined) return;
  const status = typeof result === 'object' && result !== null && STATUS in result ? result : undefined;
  response.writeHead(status === undefined ? 200 : Number(status[STATUS]), { 'content-type': 'application/json' });
  response.end(JSON.stringify(status === undefined ? result : (status as unknown as { body: unknown }).body));
}

function findRoute(routes: Map<string, Handler>, method: string, path: string) {
  for (const [route, handler] of [...routes].reverse()) {
    const [wantedMethod, pattern = ''] = route.split(' ');
    const match = new RegExp(`^${pattern.replaceAll('*', '([^/]+)')}$`).exec(path);
    if (wantedMethod === method && match !== null) {
      return { handler, parts: match.slice(1).map(decodeURIComponent) };
    }
  }
  return undefined;
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

function close(server: Server, root: string): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => {
      rmSync(root, { recursive: true, force: true });
      resolve();
    });
  });
}
