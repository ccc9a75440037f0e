import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** A machine under emulation whose one network card is a tap that is there already. */
export interface MachineParts {
  /** The network namespace that QEMU runs in and the tap is in, as `ip netns` knows it. */
  namespace: string;
  tap: string;
  mac: string;
  /** qcow2, written to. */
  disk: string;
  /** Raw; what is written to it is gone when QEMU ends. */
  secondDisk: string;
  /** For the serial ports: `serial.log` of the first, `console.sock` of the second. */
  dir: string;
}

export class WholeMachine {
  readonly #parts: MachineParts;
  #qemu: ChildProcess | null = null;
  #said = '';

  constructor(parts: MachineParts) {
    this.#parts = parts;
  }

  /** Starts it; the firmware takes over from here. */
  powerOn(): void {
    const { namespace } = this.#parts;
    // `ip netns exec` becomes the program: the process is QEMU itself.
    const words = ['netns', 'exec', namespace, 'qemu-system-x86_64', ...qemuWords(this.#parts)];
    const qemu = spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    qemu.stderr.on('data', (chunk) => {
      this.#said += chunk;
    });
    this.#qemu = qemu;
  }

  /** What a power cut is: nothing in there gets to know of it. */
  async cutPower(): Promise<void> {
    const qemu = this.#qemu;
    this.#qemu = null;
    if (qemu === null || qemu.exitCode !== null || qemu.signalCode !== null) return;
    const over = once(qemu, 'exit');
    qemu.kill('SIGKILL');
    await over;
  }

  /** null while it runs. */
  ended(): string | null {
    const qemu = this.#qemu;
    if (qemu === null) return 'it is off';
    return qemu.exitCode === null && qemu.signalCode === null ? null : `QEMU has ended: ${this.#said}`;
  }

  /** The end of what the first serial port said, kernel and systemd. */
  async lastWords(): Promise<string> {
    const log = await readFile(join(this.#parts.dir, 'serial.log'), 'utf8').catch(() => '');
    return log.slice(-2500);
  }

  /** Runs a command in the root shell on the second serial port: with no network at all. Returns what it printed. */
  look(command: string, limitMs = 60_000): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(join(this.#parts.dir, 'console.sock'));
      let text = '';
      const end = (error: Error | null, answer = '') => {
        clearTimeout(limit);
        socket.destroy();
        if (error === null) resolve(answer);
        else reject(error);
      };
      const limit = setTimeout(() => end(new Error(`the console did not answer ${command}: ${text}`)), limitMs);
      socket.once('error', end);
      socket.on('data', (chunk) => {
        text += chunk;
        const answer = /-begin-\r?\n([\s\S]*)-end-/.exec(text)?.[1];
        if (answer !== undefined) end(null, answer.replaceAll('\r', '').trim());
      });
      // The terminal echoes what is typed: the marks are not in it as they are in the answer.
      socket.write(`stty -echo; echo -beg''in-; ${command}; echo -en''d-\n`);
    });
  }
}

function qemuWords({ tap, mac, disk, secondDisk, dir }: MachineParts): string[] {
  const plain = [
    '-machine',
    'pc',
    '-accel',
    'tcg,thread=multi',
    '-cpu',
    'max',
    '-smp',
    '2',
    '-m',
    '1024',
    '-nodefaults',
  ];
  return [
    ...plain,
    ...['-display', 'none', '-vga', 'std', '-device', 'virtio-rng-pci'],
    ...['-drive', `if=virtio,file=${disk},format=qcow2,cache=writeback,discard=unmap`],
    ...['-drive', `if=virtio,file=${secondDisk},format=raw,snapshot=on`],
    ...['-netdev', `tap,id=net0,ifname=${tap},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=net0,mac=${mac}`],
    // Each boot is appended: what the one before the power cut said is wanted too.
    ...['-chardev', `file,id=log,path=${join(dir, 'serial.log')},append=on`, '-serial', 'chardev:log'],
    ...['-chardev', `socket,id=console,path=${join(dir, 'console.sock')},server=on,wait=off`],
    ...['-serial', 'chardev:console'],
  ];
}
