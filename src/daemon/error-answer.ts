import { STATUS_CODES } from 'node:http';
import { LodgeError, toErrorBody } from '../base/errors.ts';

/** An error as the API tells it, whichever way the answer goes. */
function errorAnswer(error: unknown): { status: number; text: string } {
  const status = error instanceof LodgeError ? error.httpStatus : 500;
  return { status, text: JSON.stringify({ error: toErrorBody(error) }) };
}

/** The same for a route. */
export function errorResponse(error: unknown): Response {
  const { status, text } = errorAnswer(error);
  return new Response(text, { status, headers: { 'content-type': 'application/json' } });
}

/** The same as bytes, for a connection that has no answer object: one that upgrades, or that did not send HTTP. */
export function rawErrorAnswer(error: unknown): string {
  const { status, text } = errorAnswer(error);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Content-Type: application/json',
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${text}`;
}
