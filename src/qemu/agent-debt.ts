import type { Socket } from 'node:net';

/** More than any honest answer; a guest that writes more has itself to blame for what hanging up does to it. */
const DEBT_MAX_BYTES = 16 * 1024 * 1024;
/** An answer of this length is none that is waited for by its words. */
const LINE_KEPT_CHARACTERS = 4096;

/** A connection on which the agent still owes an answer, to somebody who waits for it no longer. */
export interface AgentDebt {
  /** The answer came, or can come no more: the connection is closed. */
  readonly settled: Promise<void>;
  /** Hangs up at once: for the next client of the channel, which takes the answer in its place. */
  forgive(): void;
}

/**
 * Reads on in the place of somebody who has stopped waiting, keeping nothing. Who hangs up instead leaves the agent spinning: while nobody
 * is connected Linux refuses its writes (drivers/char/virtio_console.c, `will_write_block`), and it tries again and again
 * (QEMU qga/channel-posix.c, `ga_channel_write_all`), hears no SIGTERM meanwhile, and holds the guest's shutdown up for systemd's 90 s.
 *
 * @param isLast whether a line is the answer, after which nothing is owed any more
 */
export function collectDebt(socket: Socket, isLast: (line: string) => boolean): AgentDebt {
  const settled = Promise.withResolvers<void>();
  const forgive = () => void socket.destroy();
  let bytes = 0;
  let line = '';
  socket.on('error', () => {});
  socket.on('close', () => settled.resolve());
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DEBT_MAX_BYTES) return forgive();
    const parts = chunk.toString('latin1').split('\n');
    for (const [index, part] of parts.entries()) {
      if (line.length < LINE_KEPT_CHARACTERS) line += part.slice(0, LINE_KEPT_CHARACTERS);
      if (index === parts.length - 1) return;
      if (isLast(line)) return forgive();
      line = '';
    }
  });
  if (socket.destroyed) settled.resolve();
  else socket.resume();
  return { settled: settled.promise, forgive };
}
