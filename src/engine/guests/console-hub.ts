import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { sleep } from '../../base/clock.ts';
import { LodgeError } from '../../base/errors.ts';
import { connectToOwned } from '../../host/owned-socket.ts';
import { readLogTail } from '../../qemu/log-file.ts';
import { ConsoleViewer } from './console-viewer.ts';

/** What a viewer who joins sees of what was written before: about a screenful. */
const REPLAY_BYTES = 4096;
/** The writer of the log is at most 10 ms behind the port (`qemu/log-writer.ts`), and we are at most a turn behind it. */
const LOG_LATE_MS = 25;
const PORT_LATE_MS = 5;

interface Port {
  socket: Socket;
  viewers: Set<ConsoleViewer>;
}

/** QEMU serves one client on a serial port. The hub is that client, and shares it among any number of viewers. */
export class ConsoleHub {
  readonly #ports = new Map<string, Port>();

  /**
   * Joins a viewer: it gets the greeting, the end of the log, then all output; what it sends goes to the port.
   * @param greet makes the greeting, told how many bytes of the log follow it
   * @throws STATE_REFUSED when nothing listens behind the socket.
   */
  async join(
    socketPath: string,
    logPath: string,
    stream: Duplex,
    greet: (replayBytes: number) => string,
  ): Promise<void> {
    const port = this.#ports.get(socketPath) ?? (await this.#open(socketPath));
    const heard = listen(port.socket);
    await sleep(LOG_LATE_MS);
    const log = await readReplay(logPath);
    await sleep(PORT_LATE_MS);
    const replay = Buffer.concat([log, withoutOverlap(log, heard())]);
    stream.write(greet(replay.length));
    stream.write(replay);
    const viewer = new ConsoleViewer(stream);
    port.viewers.add(viewer);
    const leave = () => {
      port.viewers.delete(viewer);
      if (port.viewers.size === 0) port.socket.destroy();
    };
    stream.on('data', (data: Buffer) => type(port.socket, stream, data));
    stream.on('error', leave);
    stream.on('close', leave);
    stream.on('end', () => stream.end());
  }

  close(): void {
    for (const { socket } of this.#ports.values()) socket.destroy();
  }

  async #open(socketPath: string): Promise<Port> {
    const socket = await openSocket(socketPath);
    const raced = this.#ports.get(socketPath);
    if (raced !== undefined) {
      socket.destroy();
      return raced;
    }
    const port: Port = { socket, viewers: new Set() };
    this.#ports.set(socketPath, port);
    // Each paused viewer waits for it to drain.
    socket.setMaxListeners(0);
    socket.on('data', (data) => {
      for (const viewer of port.viewers) viewer.show(data);
    });
    socket.on('close', () => {
      this.#ports.delete(socketPath);
      for (const viewer of port.viewers) viewer.end();
    });
    socket.on('error', () => socket.destroy());
    return port;
  }
}

/** A viewer types no faster than the guest reads: what it sends meanwhile waits where it is, at its own end. */
function type(port: Socket, stream: Duplex, data: Buffer): void {
  if (port.write(data)) return;
  stream.pause();
  const goOn = () => {
    port.off('drain', goOn).off('close', goOn);
    stream.resume();
  };
  port.once('drain', goOn).once('close', goOn);
}

/** Collects what the port says from now on; the function ends that. Of more than a screenful nothing: it stands in the log. */
function listen(port: Socket): () => Buffer {
  let heard: Buffer[] = [];
  let bytes = 0;
  const hear = (data: Buffer) => {
    bytes += data.length;
    if (bytes > REPLAY_BYTES) heard = [];
    else heard.push(data);
  };
  port.on('data', hear);
  return () => {
    port.off('data', hear);
    return Buffer.concat(heard);
  };
}

/** What was heard and does not stand at the end of the log: `withoutOverlap('boot log', 'login: ') -> 'in: '` */
export function withoutOverlap(log: Buffer, heard: Buffer): Buffer {
  let both = Math.min(log.length, heard.length);
  while (!log.subarray(log.length - both).equals(heard.subarray(0, both))) both -= 1;
  return heard.subarray(both);
}

/** The end of the log from a line's start on: cut in the middle of an escape sequence, its rest would be shown as text. */
export async function readReplay(logPath: string): Promise<Buffer> {
  // One byte more than is shown tells whether what is shown begins a line.
  const bytes = await readLogTail(logPath, REPLAY_BYTES + 1);
  return bytes.length <= REPLAY_BYTES ? bytes : bytes.subarray(bytes.indexOf('\n') + 1);
}

/** @throws STATE_REFUSED when nobody listens: the guest's QEMU does not run. */
export function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectToOwned(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (cause) => {
      reject(new LodgeError('STATE_REFUSED', `nothing listens at ${path}`, { hint: 'lodge ls', cause }));
    });
  });
}
