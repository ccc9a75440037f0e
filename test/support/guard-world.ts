import { readMacGuard } from '../../src/host/mac-guard.ts';
import { runCalls } from '../../src/host/run-calls.ts';
import type { GuardHook } from '../../src/model/network-change.ts';
import { GUARD_TABLE, renderGuardLoad, renderGuardUnload } from '../../src/render/mac-guard.ts';
import { ethernet, ipv4Udp } from './frames.ts';
import { Namespaces } from './netns.ts';

export const OWN_MAC = '02:00:00:00:00:01';
export const VIRTUAL_MAC = '00:50:56:00:00:20';
export const BRIDGE_MAC = '02:00:00:00:00:bb';
const EVERYBODY = 'ff:ff:ff:ff:ff:ff';
/** Well formed: with br_netfilter on, a bridge drops IPv4 that is not. */
const IPV4_ENDS = { from: '192.0.2.20', to: '192.0.2.193' };

/** Every source MAC that the provider's end of the wire has seen, with its frames: a witness that knows nothing of the guard. */
const WITNESS = `
table netdev witness {
  set seen { type ether_addr; flags dynamic; size 65535; counter; }
  chain ingress { 
    type filter hook ingress device "far" priority 0; policy accept;
    update @seen { ether saddr }
  }
}`;

/** A host with the uplink `up0` and a guest behind `tap0`, and the provider's end of the wire. IPv6 is off: nobody talks unasked. */
export async function makeGuardWorld(label: string): Promise<GuardWorld> {
  const spaces = new Namespaces(label);
  for (const name of ['host', 'provider', 'guest']) {
    await spaces.add(name);
    await spaces.sysctl(name, 'net.ipv6.conf.default.disable_ipv6', '1');
  }
  await spaces.connect('host', 'tap0', 'guest', 'eth0');
  const world = new GuardWorld(spaces);
  await world.connectUplink();
  return world;
}

export class GuardWorld {
  readonly spaces: Namespaces;

  constructor(spaces: Namespaces) {
    this.spaces = spaces;
  }

  async connectUplink(): Promise<void> {
    await this.spaces.connect('host', 'up0', 'provider', 'far');
    await this.spaces.ip('host', [`link set up0 address ${OWN_MAC}`]);
    await this.spaces.nft('provider', WITNESS);
  }

  async load(hook: GuardHook, allowedMacs = [OWN_MAC, VIRTUAL_MAC]): Promise<void> {
    const namespace = this.spaces.nameOf('host');
    await runCalls(renderGuardLoad({ uplink: 'up0', allowedMacs, hook }), { namespace });
  }

  async unload(hook: GuardHook): Promise<void> {
    const namespace = this.spaces.nameOf('host');
    await runCalls(renderGuardUnload({ uplink: 'up0', allowedMacs: [], hook }), { namespace });
  }

  read() {
    return readMacGuard(this.spaces.nameOf('host'), GUARD_TABLE);
  }

  /** A bridge over the uplink and the guest's port; with no MAC of its own choice it has the one given here. */
  async addBridge(mac = OWN_MAC): Promise<void> {
    await this.spaces.ip('host', [
      `link add br0 address ${mac} type bridge stp_state 0 forward_delay 0 mcast_snooping 1`,
      'link set up0 master br0',
      'link set tap0 master br0',
      'link set br0 up',
      'address add 192.0.2.200/24 dev br0',
    ]);
  }

  async removeBridge(): Promise<void> {
    await this.spaces.run('host', 'ip', ['link', 'delete', 'br0'], { okExitCodes: [0, 1] });
  }

  /** Puts frames on a link as they are. The kernel tells the sender of a frame that the guard dropped: no failure here. */
  async send(space: 'host' | 'guest', link: string, frame: Buffer, options = ''): Promise<void> {
    const target = `INTERFACE:${link}${options}`;
    await this.spaces.run(space, 'socat', ['-u', '-b65536', 'STDIN', target], { input: frame, okExitCodes: [0, 1] });
  }

  /** Frames of the guest's, all of one length, one after the other. */
  async flood(frames: Buffer[]): Promise<void> {
    const size = frames[0]?.length ?? 0;
    await this.spaces.run('guest', 'socat', ['-u', `-b${size}`, 'STDIN', 'INTERFACE:eth0'], {
      input: Buffer.concat(frames),
    });
  }

  /** Frames that have arrived at the provider, by their source MAC. */
  async seen(): Promise<Record<string, number>> {
    const args = ['-j', 'list', 'set', 'netdev', 'witness', 'seen'];
    const { stdout } = await this.spaces.run('provider', 'nft', args);
    const { nftables } = JSON.parse(stdout) as {
      nftables: { set?: { elem?: { elem: { val: string; counter: { packets: number } } }[] } }[];
    };
    const elements = nftables.flatMap(({ set }) => set?.elem ?? []);
    return Object.fromEntries(elements.map(({ elem }) => [elem.val, elem.counter.packets]));
  }

  close(): Promise<void> {
    return this.spaces.close();
  }
}

/** Kinds of frames that no IP rule sees, or sees otherwise, each from the MAC that is asked for. */
export const FRAME_KINDS: Record<string, (from: string) => Buffer> = {
  IPv4: (from) =>
    ethernet({
      to: EVERYBODY,
      from,
      type: 0x0800,
      body: ipv4Udp({ ...IPV4_ENDS, sourcePort: 1234, targetPort: 9999 }),
    }),
  ARP: (from) => plain(from, 0x0806, 60),
  'LLDP of 20 bytes': (from) => plain(from, 0x88cc, 20),
  'spanning tree (802.2, its length for a type)': (from) => plain(from, 38, 60),
  'a VLAN tag': (from) => tagged(from, 0x8100),
  'two VLAN tags': (from) => tagged(from, 0x88a8),
  'an unknown type': (from) => plain(from, 0x9000, 60),
};

function plain(from: string, type: number, size: number): Buffer {
  return ethernet({ to: EVERYBODY, from, type, body: Buffer.alloc(size - 14) });
}

function tagged(from: string, type: number): Buffer {
  const inner = type === 0x88a8 ? [0x00, 0x64, 0x81, 0x00, 0x00, 0x65, 0x08, 0x00] : [0x00, 0x64, 0x08, 0x00];
  return ethernet({ to: EVERYBODY, from, type, body: Buffer.concat([Buffer.from(inner), Buffer.alloc(46)]) });
}

/** `02:66:00:00:01:2c` is the three hundredth. */
export function foreignMac(number: number): string {
  return `02:66:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
}
