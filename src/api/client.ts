import { connect, type Socket } from 'node:net';
import { type ErrorBody, fromErrorBody, LodgeError } from '../base/errors.ts';
import { brokenOffHint, encodeRequest, type ResponseHead, readBody, readHead, splitLines } from './client-wire.ts';

/** Opens a connection to the daemon: the place where the CLI starts one that is not there. */
export type Connector = () => Promise<Socket>;

export interface Upgraded {
  stream: Socket;
  headers: ReadonlyMap<string, string>;
}

export interface ApiClient {
  /** One request and its JSON answer. Errors of the API come as the LodgeError they were. */
  request<Answer>(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The bytes of an answer as they come. */
  bytes(method: string, path: string, body?: unknown): Promise<{ contentType: string; body: AsyncGenerator<Buffer> }>;
  /** NDJSON: one value a line, as they come. */
  values<Value>(path: string): AsyncGenerator<Value>;
  /** Upgrades to a raw duplex stream: a POST where there is a body. The socket is paused: attach listeners, then resume. */
  upgrade(path: string, body?: unknown): Promise<Upgraded>;
}

/**
 * A small HTTP/1.1 client for the daemon's unix socket. `node:http` and `fetch` would add 40 ms to every command's
 * start (measured, Node 24), which is more than a whole `lodge ls` may take.
 *
 * @param judge sees every value that comes before anybody else, but for errors: the filter of a terminal
 */
export function createApiClient(
  connector: Connector,
  judge: (value: unknown) => unknown = (value) => value,
): ApiClient {
  async function send(method: string, path: string, body: unknown, { upgrade = false, again = false } = {}) {
    const socket = await connector();
    const head = readHead(socket, brokenOffHint(method, upgrade));
    socket.write(encodeRequest(method, path, body === undefined ? undefined : JSON.stringify(body), upgrade));
    try {
      return { socket, head: await head };
    } catch (error) {
      socket.destroy();
      if (!again) throw error;
      return send(method, path, body, { upgrade });
    }
  }

  const client: ApiClient = {
    async request<Answer>(method: string, path: string, body?: unknown) {
      // A daemon that is just ending, or was killed, takes connections that nobody reads: a question is asked again.
      const { socket, head } = await send(method, path, body, { again: method === 'GET' });
      const text = await readText(socket, head, brokenOffHint(method));
      if (head.status >= 400) throw errorOf(head, text);
      return judge(parseJson(text === '' ? '{}' : text)) as Answer;
    },
    async bytes(method, path, body) {
      const { socket, head } = await send(method, path, body);
      if (head.status >= 400) throw errorOf(head, await readText(socket, head));
      return {
        contentType: head.headers.get('content-type') ?? '',
        body: readBody(socket, head, brokenOffHint(method)),
      };
    },
    async *values<Value>(path: string) {
      const { body } = await client.bytes('GET', path);
      for await (const line of splitLines(body)) {
        if (line !== '') yield judge(parseJson(line)) as Value;
      }
    },
    async upgrade(path, body) {
      const { socket, head } = await send(body === undefined ? 'GET' : 'POST', path, body, { upgrade: true });
      if (head.status !== 101) throw errorOf(head, await readText(socket, head));
      return { stream: socket, headers: head.headers };
    },
  };
  return client;
}

/** Connects to a unix socket; rejects with the system's error (`ENOENT`, `ECONNREFUSED`, `EACCES` …). */
export function connectSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('error', reject);
    socket.once('connect', () => {
      // An error later on always comes with 'close', which whoever reads the socket waits for.
      socket.off('error', reject).on('error', () => undefined);
      resolve(socket);
    });
  });
}

async function readText(socket: Socket, head: ResponseHead, hint?: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readBody(socket, head, hint)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LodgeError('INTERNAL', 'the daemon answered with something that is not JSON', { cause });
  }
}

function errorOf(head: ResponseHead, text: string): LodgeError {
  let body: { error?: ErrorBody } | undefined;
  try {
    body = JSON.parse(text);
  } catch {
    // Not ours: the status is all there is to say.
  }
  if (body?.error !== undefined) return fromErrorBody(body.error);
  return new LodgeError('INTERNAL', `the daemon answered with HTTP ${head.status}: ${text.slice(0, 200)}`);
}
