import type { Socket } from 'node:net';
import { sleep } from '../base/clock.ts';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { connectToOwned } from '../host/owned-socket.ts';
import type { Monitor } from './monitor.ts';

/** Three ports of the guest's virtio-serial device, by the order in which a guest must learn of them: input before output. */
const KINDS = ['in', 'err', 'out'] as const;
type PortKind = (typeof KINDS)[number];
export type LaneSockets = Record<PortKind, Socket>;

/** QEMU's ChardevInfo (qapi/char.json): `frontend-open` is whether the guest has the port open. */
interface Chardev {
  label: string;
  filename: string;
  'frontend-open': boolean;
}

const PREFIX = 'lodge-exec';
const SETTLE_MS = 2_000;
const POLL_MS = 5;

/**
 * Input, output and errors of one command in a guest: ports that QEMU is given while it runs, each a unix socket here and a device there.
 * The kernel on both sides makes the sender wait when the reader does, so nothing is kept anywhere. A lane serves one command after
 * the other: plugging costs a guest half a second of udev under emulation.
 */
export class ExecLane {
  readonly index: number;
  /**
   * How a guest knows it, with what no other lane was ever called: a script that an agent begins long after it was given up finds no ports,
   * and neither runs its command nor speaks into another's.
   */
  readonly name: string;
  readonly monitor: Monitor;
  readonly #runDir: string;
  readonly #stopListening: () => void;
  #sockets: LaneSockets | null = null;
  #plugged = false;
  #onGuestClosed: () => void = () => {};

  constructor(monitor: Monitor, runDir: string, index: number) {
    this.monitor = monitor;
    this.#runDir = runDir;
    this.index = index;
    this.name = `${index}-${process.hrtime.bigint().toString(36)}`;
    this.#stopListening = monitor.onEvent(({ name, data }) => {
      const kind = KINDS.find((one) => data.id === this.#id(one));
      if (name === 'VSERPORT_CHANGE' && kind === 'out' && data.open !== true) void this.#hearClosed();
    });
  }

  /** Calls the handler when the guest has let go of the output's port, its reboot included. Its last bytes may still be on their way. */
  onGuestClosed(handler: () => void): void {
    this.#onGuestClosed = handler;
  }

  /**
   * QEMU tells a port's changes once a second at most, the last of them, and late (monitor/monitor.c, monitor_qapi_event_conf): what is told
   * may be the end of the command before this one. So QEMU is asked how it stands.
   */
  async #hearClosed(): Promise<void> {
    const handler = this.#onGuestClosed;
    const open = await this.#openInGuest().catch(() => null);
    // Whoever asked may be gone, and the lane another's.
    if (open !== null && !open.has('out') && handler === this.#onGuestClosed) handler();
  }

  async #openInGuest(): Promise<Set<PortKind>> {
    const all = await this.monitor.execute<Chardev[]>('query-chardev');
    return new Set(KINDS.filter((kind) => all.some((one) => one.label === this.#id(kind) && one['frontend-open'])));
  }

  /**
   * Connects all three. The guest learns of the output's connection last, so who writes there and was not kept waiting finds its input
   * connected: a port that nobody has connected reads as if at its end.
   */
  async connect(): Promise<LaneSockets> {
    if (!this.#plugged) for (const kind of KINDS) await this.#addChardev(kind);
    const [input, errors] = [await this.#open('in'), await this.#open('err')];
    await this.#until((connected) => connected.has('in') && connected.has('err'));
    const output = await this.#open('out');
    this.#sockets = { in: input, err: errors, out: output };
    await this.#until((connected) => connected.has('out'));
    if (!this.#plugged) for (const kind of KINDS) await this.#addDevice(kind);
    this.#plugged = true;
    return this.#sockets;
  }

  /** Hangs up. Whether the lane can serve again: no process in the guest holds it any more. */
  async settle(): Promise<boolean> {
    for (const socket of Object.values(this.#sockets ?? {})) socket.destroy();
    this.#sockets = null;
    this.#onGuestClosed = () => {};
    const deadline = performance.now() + SETTLE_MS;
    try {
      await this.#until((connected) => connected.size === 0);
      while ((await this.#openInGuest()).size > 0) {
        if (performance.now() > deadline) return false;
        await sleep(POLL_MS);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Takes the ports away from the guest: who still holds one there gets errors. Never rejects. */
  async unplug(): Promise<void> {
    for (const socket of Object.values(this.#sockets ?? {})) socket.destroy();
    this.#stopListening();
    for (const kind of KINDS) await removePort(this.monitor, this.#id(kind));
  }

  #id(kind: PortKind): string {
    return `${PREFIX}${this.index}-${kind}`;
  }

  #path(kind: PortKind): string {
    return `${this.#runDir}/exec${this.index}-${kind}`;
  }

  async #addChardev(kind: PortKind): Promise<void> {
    const addr = { type: 'unix', data: { path: this.#path(kind) } };
    const backend = { type: 'socket', data: { addr, server: true, wait: false } };
    await this.monitor.execute('chardev-add', { id: this.#id(kind), backend });
  }

  async #addDevice(kind: PortKind): Promise<void> {
    const device = { driver: 'virtserialport', bus: 'channels.0', name: `lodge.${this.name}.${kind}` };
    await this.monitor.execute('device_add', { ...device, id: this.#id(kind), chardev: this.#id(kind) });
  }

  #open(kind: PortKind): Promise<Socket> {
    return new Promise((resolve, reject) => {
      // Half-open: our end of the input is an end for the guest, and QEMU reads to it.
      const socket = connectToOwned(this.#path(kind), { allowHalfOpen: true });
      socket.pause();
      socket.once('connect', () => resolve(socket));
      socket.on('error', (cause) => {
        reject(new LodgeError('QEMU_FAILED', `QEMU does not listen on ${this.#path(kind)}`, { cause }));
      });
    });
  }

  async #until(wanted: (connected: Set<PortKind>) => boolean): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    for (;;) {
      const all = await this.monitor.execute<Chardev[]>('query-chardev');
      const isConnected = (kind: PortKind) =>
        all.some(({ label, filename }) => label === this.#id(kind) && !filename.startsWith('disconnected:'));
      if (wanted(new Set(KINDS.filter(isConnected)))) return;
      if (performance.now() > deadline)
        throw new LodgeError('QEMU_FAILED', 'QEMU did not take a connection to the guest');
      await sleep(POLL_MS);
    }
  }
}

/** What a daemon before us left in this QEMU. */
export async function sweepLanes(monitor: Monitor): Promise<void> {
  const chardevs = await monitor.execute<{ label: string }[]>('query-chardev');
  for (const { label } of chardevs) if (label.startsWith(PREFIX)) await removePort(monitor, label);
}

async function removePort(monitor: Monitor, id: string): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  await monitor.execute('device_del', { id }).catch(() => {});
  for (;;) {
    try {
      await monitor.execute('chardev-remove', { id });
      return;
    } catch (error) {
      // Busy until the device is gone; absent when it never was, or QEMU itself is no more.
      if (!isLodgeError(error, 'QMP_FAILED') || !/busy/i.test(error.message) || performance.now() > deadline) return;
      await sleep(POLL_MS);
    }
  }
}
