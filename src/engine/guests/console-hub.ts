import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LodgeError } from '../../base/errors.ts';
import { readTailBytes } from './log-tail.ts';

/** What a viewer who joins sees of what was written before: about a screenful. */
const REPLAY_BYTES = 4096;

/** QEMU serves one client on a serial port. The hub is that client, and shares it among any number of viewers. */
export class ConsoleHub {
  readonly #ports = new Map<string, { port: Socket; viewers: Set<Duplex> }>();

  /**
   * Joins a viewer: it gets the greeting, the end of the log, then all output; what it sends goes to the port.
   * @param greet makes the greeting, told how many bytes of the log follow it
   * @throws STATE_REFUSED when nothing listens behind the socket.
   */
  async join(
    socketPath: string,
    logPath: string,
    viewer: Duplex,
    greet: (replayBytes: number) => string,
  ): Promise<void> {
    const entry = this.#ports.get(socketPath) ?? (await this.#open(socketPath));
    const replay = await readReplay(logPath);
    viewer.write(greet(replay.length));
    viewer.write(replay);
    entry.viewers.add(viewer);
    const leave = () => {
      entry.viewers.delete(viewer);
      if (entry.viewers.size > 0) return;
      entry.port.destroy();
    };
    viewer.on('data', (data: Buffer) => entry.port.write(data));
    viewer.on('error', leave);
    viewer.on('close', leave);
    viewer.on('end', () => viewer.end());
  }

  close(): void {
    for (const { port } of this.#ports.values()) port.destroy();
  }

  async #open(socketPath: string) {
    const port = await openSocket(socketPath);
    const raced = this.#ports.get(socketPath);
    if (raced !== undefined) {
      port.destroy();
      return raced;
    }
    const viewers = new Set<Duplex>();
    const entry = { port, viewers };
    this.#ports.set(socketPath, entry);
    port.on('data', (data) => {
      // A viewer that does not read is not waited for: the guest must not stop for it.
      for (const viewer of viewers) if (viewer.writableLength < 1024 * 1024) viewer.write(data);
    });
    port.on('close', () => {
      this.#ports.delete(socketPath);
      for (const viewer of viewers) viewer.end();
    });
    port.on('error', () => port.destroy());
    return entry;
  }
}

/** The end of the log from a line's start on: cut in the middle of an escape sequence, its rest would be shown as text. */
export async function readReplay(logPath: string): Promise<Buffer> {
  // One byte more than is shown tells whether what is shown begins a line.
  const bytes = await readTailBytes(logPath, REPLAY_BYTES + 1);
  return bytes.length <= REPLAY_BYTES ? bytes : bytes.subarray(bytes.indexOf('\n') + 1);
}

/** @throws STATE_REFUSED when nobody listens: the guest's QEMU does not run. */
export function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (cause) => {
      reject(new LodgeError('STATE_REFUSED', `nothing listens at ${path}`, { hint: 'lodge ls', cause }));
    });
  });
}
