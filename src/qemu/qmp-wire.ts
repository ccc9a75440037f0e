import { LodgeError } from '../base/errors.ts';

/** One line of QEMU's monitor protocol (QEMU docs/interop/qmp-spec.rst). */
export type QmpMessage =
  | { kind: 'greeting'; version: string }
  | { kind: 'event'; event: QmpEvent }
  | { kind: 'reply'; id: unknown; value: unknown }
  | { kind: 'failure'; id: unknown; class: string; description: string };

/** Something QEMU tells unasked. */
export interface QmpEvent {
  /** `SHUTDOWN`, `STOP`, `WATCHDOG` …: one of those that are heard. */
  name: string;
  data: Record<string, unknown>;
  /** When QEMU saw it, milliseconds since 1970. */
  atMs: number;
}

const MONITOR = 'the monitor';
/** A line of this length is no answer of QEMU: `query-qmp-schema`, the longest, has 200 kB. */
const LINE_MAX_CHARACTERS = 16 * 1024 * 1024;

/**
 * Cuts a stream into lines, whatever the pieces in which it comes.
 *
 *     push('{"a":1}\r\n{"b"') -> ['{"a":1}']    push(':2}\n') -> ['{"b":2}']
 */
export function createLineSplitter(
  maxCharacters = LINE_MAX_CHARACTERS,
  speaker = MONITOR,
): { push(chunk: Uint8Array): string[] } {
  // A character of several bytes can be cut in two as well.
  const decoder = new TextDecoder();
  let rest = '';
  return {
    push(chunk) {
      // What came before is not looked through again: a line may come byte by byte.
      const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
      const lines = [rest + first, ...others];
      rest = lines.pop() ?? '';
      if (rest.length > maxCharacters) throw protocolError(speaker, 'a line without end', rest);
      return lines.map((line) => line.trim()).filter((line) => line !== '');
    },
  };
}

/** What is listened to of all that QEMU tells: who needs another event adds it here. */
const HEARD = ['SHUTDOWN', 'STOP', 'RESUME', 'WATCHDOG', 'VSERPORT_CHANGE'];
const OF_HEARD = new RegExp(`"event": ?"(?:${HEARD.join('|')})"`);

/**
 * Whether the line, as QEMU writes it, is an event that nobody listens to. A guest makes QEMU tell some of them as fast as it writes to a
 * port (ACPI_DEVICE_OST: hw/acpi/cpu.c), so they are not even read: that costs twenty times as much.
 */
export function isUnheard(line: string): boolean {
  return line.startsWith('{"timestamp": {') && !OF_HEARD.test(line);
}

export function encodeCommand(id: string, command: string, args: Record<string, unknown> | undefined): string {
  return `${JSON.stringify({ execute: command, ...(args === undefined ? {} : { arguments: args }), id })}\n`;
}

/**
 * @param speaker who wrote the line, for the error's words
 * @throws QMP_FAILED when the line is nothing the protocol knows
 */
export function decodeMessage(line: string, speaker = MONITOR): QmpMessage {
  const message = parseObject(line, speaker);
  if ('QMP' in message) return { kind: 'greeting', version: greetingVersion(message.QMP) };
  if (typeof message.event === 'string') {
    return { kind: 'event', event: { name: message.event, data: asObject(message.data), atMs: eventTime(message) } };
  }
  if ('error' in message) {
    const error = asObject(message.error);
    const failure = { class: asText(error.class) || 'GenericError', description: asText(error.desc) };
    return { kind: 'failure', id: message.id, ...failure };
  }
  if ('return' in message) return { kind: 'reply', id: message.id, value: message.return };
  throw protocolError(speaker, 'an unknown message', line);
}

function parseObject(line: string, speaker: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    throw protocolError(speaker, 'something that is no JSON', line, error);
  }
  throw protocolError(speaker, 'something that is no object', line);
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A guest's agent speaks this protocol too: to make a text or a number of what it nests ten thousand deep would end the stack. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function asNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function greetingVersion(greeting: unknown): string {
  const { major, minor, micro } = asObject(asObject(asObject(greeting).version).qemu);
  return [major, minor, micro].map(asNumber).join('.');
}

function eventTime(message: Record<string, unknown>): number {
  const { seconds, microseconds } = asObject(message.timestamp);
  return asNumber(seconds) * 1000 + Math.round(asNumber(microseconds) / 1000);
}

function protocolError(speaker: string, what: string, line: string, cause?: unknown): LodgeError {
  return new LodgeError('QMP_FAILED', `${speaker} sent ${what}: ${line.slice(0, 80)}`, { cause });
}
