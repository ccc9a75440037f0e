import type { Socket } from 'node:net';
import { LodgeError } from '../base/errors.ts';

const HEAD_MAX_BYTES = 64 * 1024;

export interface ResponseHead {
  status: number;
  /** Names in lower case. */
  headers: Map<string, string>;
}

/** The bytes of a request of HTTP/1.1 (RFC 9112); `body` is JSON text. One request a connection, unless it upgrades. */
export function encodeRequest(method: string, path: string, body: string | undefined, upgrade: boolean): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: lodge', 'Accept: application/json'];
  if (upgrade) lines.push('Connection: Upgrade', 'Upgrade: lodge-stream');
  else lines.push('Connection: close');
  if (body !== undefined) {
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  } else if (method !== 'GET') {
    lines.push('Content-Length: 0');
  }
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

/**
 * Reads the head of the answer and puts what came after it back into the socket, which is left paused.
 *
 * @throws DAEMON_UNREACHABLE when the connection ends first or is not HTTP.
 */
export function readHead(socket: Socket, hint?: string): Promise<ResponseHead> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const finish = (act: () => void) => {
      socket.off('data', onData).off('error', onError).off('end', onEnd).off('close', onEnd);
      socket.pause();
      act();
    };
    const onError = (cause: Error) => finish(() => reject(brokenOff(hint, cause)));
    const onEnd = () => finish(() => reject(brokenOff(hint)));
    const onData = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1 && received.length < HEAD_MAX_BYTES) return;
      const rest = received.subarray(end + 4);
      finish(() => {
        const head = end === -1 ? undefined : parseHead(received.toString('latin1', 0, end));
        if (head === undefined) return reject(brokenOff(hint, new Error('the answer is not HTTP')));
        if (rest.length > 0) socket.unshift(rest);
        resolve(head);
      });
    };
    socket.on('data', onData).on('error', onError).on('end', onEnd).on('close', onEnd);
  });
}

/** The text of a head, without its closing empty line; undefined when it is not HTTP/1.x. */
export function parseHead(text: string): ResponseHead | undefined {
  const [statusLine, ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine ?? '')?.[1];
  if (status === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers };
}

/** The body's bytes as they come, with the framing of its head taken off. Ends the connection when it is done with. */
export async function* readBody(socket: Socket, head: ResponseHead, hint?: string): AsyncGenerator<Buffer> {
  if (head.status === 204 || head.status === 304) return void socket.destroy();
  if (/\bchunked\b/i.test(head.headers.get('transfer-encoding') ?? '')) return yield* decodeChunks(socket, hint);
  const length = head.headers.get('content-length');
  let missing = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
  if (missing === 0) return void socket.destroy();
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      missing -= chunk.length;
      yield chunk;
      if (missing <= 0) return;
    }
  } catch (error) {
    throw brokenOff(hint, error);
  }
  if (length !== undefined) throw brokenOff(hint);
}

/**
 * Takes the chunked framing off (RFC 9112, 7.1): `4\r\nwiki\r\n0\r\n\r\n -> wiki`. Extensions and trailers are skipped.
 *
 * @throws DAEMON_UNREACHABLE when the source ends before the last chunk.
 */
export async function* decodeChunks(source: AsyncIterable<Buffer>, hint?: string): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  try {
    for await (const received of source) {
      pending = pending.length === 0 ? received : Buffer.concat([pending, received]);
      for (;;) {
        const lineEnd = pending.indexOf('\r\n');
        if (lineEnd === -1) break;
        const size = Number.parseInt(pending.toString('latin1', 0, lineEnd), 16);
        if (!Number.isInteger(size)) throw new Error('a chunk has no size');
        if (size === 0) return;
        const start = lineEnd + 2;
        if (pending.length < start + size + 2) break;
        yield pending.subarray(start, start + size);
        pending = pending.subarray(start + size + 2);
      }
    }
  } catch (error) {
    throw brokenOff(hint, error);
  }
  throw brokenOff(hint);
}

/** Splits bytes into lines, without their newlines. A character that lies on a border of two chunks stays whole. */
export async function* splitLines(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** What whoever asked can do, when the daemon ends before it has answered. */
export function brokenOffHint(method: string, upgrade = false): string {
  if (method === 'GET') return 'run it again';
  if (upgrade) return BROKEN_EXEC_HINT;
  return 'lodge operation ls: the next daemon goes on with what was begun';
}

/** A command in a guest is no operation: nobody goes on with it, and the guest may. */
export const BROKEN_EXEC_HINT =
  'whether the command in the guest began, and ended, is not known: look there before you run it again';

function brokenOff(hint: string | undefined, cause?: unknown): LodgeError {
  if (cause instanceof LodgeError) return cause;
  return new LodgeError('DAEMON_UNREACHABLE', 'the daemon broke the connection off', { hint, cause });
}
