import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExecResult, exec } from '../../src/host/exec.ts';
import type { Family } from '../../src/model/network-facts.ts';
import { buildTwin, closeTwin, type Twin } from '../../src/twin/build.ts';
import { type PingStream, type StreamLoss, startPings } from '../../src/twin/ping-stream.ts';
import { readViolations } from '../../src/twin/switch.ts';
import { type HostDisk, hostDisk } from './host-disk.ts';
import { eventually } from './netns.ts';
import { makePackageDisk } from './package-disk.ts';
import { TWIN_HOST_WITH_VIRTUAL_MAC, twinFacts } from './twin-host.ts';
import { WholeMachine } from './whole-machine.ts';

/** Under emulation, on a busy machine. */
const BOOT_LIMIT_MS = 600_000;
const COMMAND_LIMIT_MS = 600_000;

/** Where outside is: each internet speaks one family and no other. */
const OUTSIDE: Record<Family, string> = { ipv4: 'internet4', ipv6: 'internet6' };

/**
 * A whole Debian in the place of the host on the twin's wire: systemd, udev, ifupdown, and Lodge as it is shipped under /opt/lodge. It is
 * reached by SSH from the twin's internets alone, as a rented server is, and by a root shell on a serial port.
 */
export class HostOnWire {
  readonly twin: Twin;
  readonly machine: WholeMachine;
  readonly #dir: string;
  readonly #disk: HostDisk;

  private constructor(twin: Twin, machine: WholeMachine, dir: string, disk: HostDisk) {
    this.twin = twin;
    this.machine = machine;
    this.#dir = dir;
    this.#disk = disk;
  }

  /** Built, with a disk of its own, and switched off. `close` takes everything down; a test that is killed leaves nothing either. */
  static async open(): Promise<HostOnWire> {
    const disk = await hostDisk();
    const dir = await mkdtemp('/tmp/lodge-host-');
    const host = TWIN_HOST_WITH_VIRTUAL_MAC;
    const twin = await buildTwin({
      host,
      facts: twinFacts(host),
      modes: { arp: 'asks', ipv6: 'routed' },
      label: 'host',
    });
    try {
      await plugTap(twin);
      const parts = { disk: join(dir, 'host.qcow2'), secondDisk: await makePackageDisk(dir) };
      await exec('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', disk.image, parts.disk]);
      const addresses = [host.ipv4?.address, host.ipv6?.address].join(',');
      await writeFile(join(dir, 'known_hosts'), `${addresses} ${disk.hostKey}\n`);
      const namespace = twin.spaces.nameOf('switch');
      const machine = new WholeMachine({ ...parts, dir, namespace, tap: TAP, mac: host.uplink.mac });
      return new HostOnWire(twin, machine, dir, disk);
    } catch (error) {
      await closeTwin(twin);
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Switches it on and returns when it lets us in over both families and systemd is done. */
  async boot(): Promise<void> {
    this.machine.powerOn();
    await this.#waitUntilUp(() => true);
  }

  /** `reboot` in there; returns when the next boot is done. */
  async reboot(): Promise<void> {
    const before = await this.run(BOOT_ID);
    // The connection ends with it, in whatever way.
    await this.ssh('systemctl reboot', { timeoutMs: 30_000 }).catch(() => undefined);
    await this.#waitUntilUp((id) => id !== before);
  }

  /** Pulls the plug and puts it in again: the same disk, as it was at that moment. */
  async cutPowerAndBoot(): Promise<void> {
    await this.machine.cutPower();
    await this.boot();
  }

  /** A new connection from outside for each command. Whatever it ends with is an answer; 255 is SSH's own. */
  ssh(
    command: string,
    options: { family?: Family; timeoutMs?: number; connectSec?: number } = {},
  ): Promise<ExecResult> {
    const { family = 'ipv4', timeoutMs = COMMAND_LIMIT_MS, connectSec = 20 } = options;
    const okExitCodes = [0, 1, 2, 3, 4, 5, 255];
    return exec('ip', this.#sshWords(family, connectSec, command), { timeoutMs, okExitCodes });
  }

  /** What the command printed; fails with everything it said when it did not end with 0. */
  async run(command: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.ssh(command);
    if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}: ${stdout}${stderr}`);
    return stdout.trim();
  }

  /** The same, begun and not waited for: its terminal is this process. */
  start(command: string): ChildProcess {
    return spawn('ip', this.#sshWords('ipv4', 20, command), { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Asks over new connections until the answer is wanted. */
  async until(command: string, wanted: RegExp, limitMs = COMMAND_LIMIT_MS): Promise<string> {
    let last = '';
    const ask = async () => {
      last = (await this.ssh(command, { connectSec: 5 })).stdout.trim();
      return wanted.test(last) ? { last } : null;
    };
    return eventually(command, ask, limitMs).then(
      (answer) => answer.last,
      (cause) => {
        throw new Error(`${command} said ${last}, never ${wanted}`, { cause });
      },
    );
  }

  /** Pings from both internets until `stop`, which counts. */
  async pings(): Promise<{ stop: () => Promise<Record<Family, StreamLoss>> }> {
    const { ipv4, ipv6 } = this.twin.host;
    const begin = (family: Family, target: string | null | undefined): Promise<PingStream> =>
      startPings(this.twin.spaces, { space: OUTSIDE[family], family, target: target ?? '', perSecond: 10 });
    const four = await begin('ipv4', ipv4?.address);
    const six = await begin('ipv6', ipv6?.address);
    return {
      stop: async () => ({ ipv4: await four.stop(), ipv6: await six.stop() }),
    };
  }

  /** Source MACs that the provider would have complained about, since the twin was built. */
  async foreignMacs(): Promise<string[]> {
    return (await readViolations(this.twin.spaces)).macs;
  }

  async close(): Promise<void> {
    await this.machine.cutPower();
    await closeTwin(this.twin);
    await rm(this.#dir, { recursive: true, force: true });
  }

  #sshWords(family: Family, connectSec: number, command: string): string[] {
    const { ipv4, ipv6 } = this.twin.host;
    const address = family === 'ipv4' ? ipv4?.address : ipv6?.address;
    const settings = [
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${this.#dir}/known_hosts`,
      'BatchMode=yes',
      `ConnectTimeout=${connectSec}`,
      'ServerAliveInterval=15',
      'IdentitiesOnly=yes',
      'IdentityAgent=none',
      `IdentityFile=${this.#disk.privateKeyPath}`,
      'LogLevel=ERROR',
    ];
    const options = settings.flatMap((setting) => ['-o', setting]);
    const space = this.twin.spaces.nameOf(OUTSIDE[family]);
    return ['netns', 'exec', space, 'ssh', '-F', 'none', ...options, `root@${address}`, command];
  }

  async #waitUntilUp(isThatBoot: (bootId: string) => boolean): Promise<void> {
    const answer = async (family: Family) => {
      const ended = this.machine.ended();
      if (ended !== null) throw new Error(ended);
      const { exitCode, stdout } = await this.ssh(BOOT_ID, { family, connectSec: 5 });
      return exitCode === 0 && isThatBoot(stdout.trim());
    };
    try {
      await eventually('SSH over IPv4', () => answer('ipv4'), BOOT_LIMIT_MS);
      await eventually('SSH over IPv6', () => answer('ipv6'), 30_000);
    } catch (cause) {
      const network = await this.machine.look(LOOK_AROUND).catch((error: Error) => error.message);
      throw new Error(`the host does not let us in; ${network}\n${await this.machine.lastWords()}`, { cause });
    }
    await this.ssh('systemctl is-system-running --wait');
  }
}

const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id';
const LOOK_AROUND = 'ip -brief address; ip route; ip -6 route; systemctl --failed --no-legend; systemctl list-jobs';

/** Named as the switch's rules name the port of this customer. */
const TAP = 'p-host';

/** Takes the namespace that stands for the host out of the switch, and puts a tap in its place. */
async function plugTap({ spaces }: Twin): Promise<void> {
  await spaces.setUp('switch', {
    ip: [
      `link delete ${TAP}`,
      `tuntap add dev ${TAP} mode tap`,
      `link set ${TAP} master sw0 up`,
      `link set ${TAP} type bridge_slave isolated on`,
    ],
  });
  await spaces.remove('host');
}
