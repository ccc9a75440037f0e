import type { Socket } from 'node:net';
import type { ReadStream } from 'node:tty';

/** Ctrl-]: what telnet and virsh use. */
const ESCAPE_BYTE = 0x1d;
/** How long a side that does not end is waited for. */
const CLOSE_LIMIT_MS = 1000;

/** Who ended it: the user by Ctrl-] (`left`), the end of piped input (`input-ended`), or the other side (`closed`). */
type RelayEnd = 'left' | 'input-ended' | 'closed';

/**
 * Carries bytes between a stream and the terminal until one of them ends. The terminal is raw meanwhile, so that Ctrl-C
 * reaches the guest, and is put back whatever happens. Input that is not a terminal is sent as it is.
 */
export async function relayTerminal(
  stream: Socket,
  stdin: ReadStream,
  show: (bytes: Uint8Array) => void,
): Promise<RelayEnd> {
  const raw = stdin.isTTY === true;
  // Node itself puts the terminal back when a signal or an error ends the process.
  if (raw) stdin.setRawMode(true);
  try {
    return await new Promise<RelayEnd>((resolve) => {
      const onInput = (chunk: Buffer) => {
        const escapeAt = raw ? chunk.indexOf(ESCAPE_BYTE) : -1;
        const flushed = stream.write(escapeAt === -1 ? chunk : chunk.subarray(0, escapeAt));
        if (escapeAt !== -1) return resolve('left');
        if (!flushed) {
          stdin.pause();
          stream.once('drain', () => stdin.resume());
        }
      };
      stream.on('data', show);
      stream.once('close', () => resolve('closed')).once('end', () => resolve('closed'));
      stdin.on('data', onInput).once('end', () => resolve('input-ended'));
      stream.resume();
      stdin.resume();
    });
  } finally {
    if (raw) stdin.setRawMode(false);
    stdin.pause();
    await closeGently(stream);
  }
}

/**
 * What was typed last still has to reach the guest: the other side ends when it has read our end. Gone before that, its next write would
 * fail, and with it goes what it has not read yet.
 */
function closeGently(stream: Socket): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const limit = setTimeout(() => stream.destroy(), CLOSE_LIMIT_MS);
    stream.once('close', () => {
      clearTimeout(limit);
      resolve();
    });
    stream.once('end', () => stream.destroy());
    // What comes meanwhile is read and shown to nobody: unread, it would keep the end from us.
    stream.removeAllListeners('data').resume();
    stream.end();
    if (stream.readableEnded) stream.destroySoon();
  });
}
