import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { exec } from '../../src/host/exec.ts';
import type { NetworkIntent } from '../../src/model/network-intent.ts';
import type { KnownLink } from '../../src/parse/networkd-match.ts';
import type { Namespaces } from './netns.ts';

/**
 * A directory with etc/systemd/network and the like in the place of the system's, in a mount namespace of its own. /sys is read-only
 * there: so networkd knows a container, where nobody waits for udev.
 */
const SCRIPT = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
chown -R systemd-network:systemd-network /run/systemd/netif
mount -t tmpfs tmpfs /etc/systemd/network
mount -t tmpfs tmpfs /usr/lib/systemd/network
for place in etc run usr/lib; do
  if [ -d "$1/$place/systemd/network" ]; then cp -r "$1/$place/systemd/network/." "/$place/systemd/network/"; fi
done
mount -o remount,bind,ro /sys
exec /lib/systemd/systemd-networkd`;

/** systemd-networkd itself, in a namespace, with the files below a directory. */
export class NetworkdWorld {
  readonly #namespaces: Namespaces;
  readonly #host: string;
  #log = '';
  #child: ChildProcess | null = null;

  constructor(namespaces: Namespaces, host: string) {
    this.#namespaces = namespaces;
    this.#host = host;
  }

  /** Makes a namespace with these links, each with a cable to a namespace of neighbours. */
  async plug(links: readonly KnownLink[]): Promise<void> {
    const peer = `${this.#host}p`;
    await this.#namespaces.add(this.#host);
    await this.#namespaces.add(peer);
    for (const [index, { name, mac, altNames = [] }] of links.entries()) {
      await this.#namespaces.connect(this.#host, name, peer, `p${index}`);
      await this.#namespaces.ip(this.#host, [
        `link set ${name} down address ${mac}`,
        ...altNames.map((other) => `link property add dev ${name} altname ${other}`),
      ]);
    }
  }

  start(directory: string): void {
    const child = this.#namespaces.start(this.#host, 'unshare', ['--mount', 'sh', '-c', SCRIPT, 'networkd', directory]);
    child.stderr?.on('data', (data) => {
      this.#log += String(data);
    });
    this.#child = child;
  }

  get log(): string {
    return this.#log;
  }

  /** What networkd says of a link: `configured`, `configuring`, `unmanaged`, `failed` … ; null before it has said anything. */
  async stateOf(link: string): Promise<string | null> {
    const [found] = await this.#json<{ ifindex: number }>(['link', 'show', link]).catch(() => []);
    const file = `/proc/${this.#child?.pid}/root/run/systemd/netif/links/${found?.ifindex}`;
    const text = await readFile(file, 'utf8').catch(() => '');
    return /^ADMIN_STATE=(.*)$/m.exec(text)?.[1] ?? null;
  }

  /** What runs, in the words of `intentRuns`. */
  async reality(): Promise<string[]> {
    const [addresses, links, ipv4, ipv6] = await Promise.all([
      this.#json<AddressJson>(['address', 'show']),
      this.#json<LinkJson>(['-d', 'link', 'show']),
      this.#json<RouteJson>(['-4', 'route', 'show', 'proto', 'static']),
      this.#json<RouteJson>(['-6', 'route', 'show', 'proto', 'static']),
    ]);
    const routes = [...ipv4.map((route) => routeLine(route, null)), ...ipv6.map((route) => routeLine(route, 1024))];
    return [...addresses.flatMap(addressLines), ...links.flatMap(bridgeLines), ...routes].sort();
  }

  async #json<T>(args: string[]): Promise<T[]> {
    // `ip -n` and not `ip netns exec`, which makes a mount namespace each time.
    const { stdout } = await exec('ip', ['-n', this.#namespaces.nameOf(this.#host), '-j', ...args]);
    return (stdout.trim() === '' ? [] : JSON.parse(stdout)) as T[];
  }
}

interface AddressJson {
  ifname: string;
  addr_info: { local: string; address?: string; prefixlen: number; scope: string; dynamic?: boolean }[];
}
interface LinkJson {
  ifname: string;
  address: string;
  master?: string;
  linkinfo?: { info_kind: string; info_data?: { stp_state: number; forward_delay: number } };
}
interface RouteJson {
  type?: string;
  dst: string;
  gateway?: string;
  dev: string;
  metric?: number;
  flags: string[];
}

/** What has to run when the files are obeyed, one thing a line, sorted. */
export function intentRuns(intent: NetworkIntent): string[] {
  const addresses = intent.addresses.map(({ link, address, prefixLength, peer }) => {
    return `${link} ${address}${peer === null ? '' : ` peer ${peer}`}/${prefixLength}`;
  });
  const routes = intent.routes.map((route) => {
    const { type, destination, via, link, metric, isOnLink } = route;
    return `${type} ${destination} via ${via} dev ${link} metric ${metric}${isOnLink ? ' onlink' : ''}`;
  });
  const ports = intent.links.flatMap(({ name, ports }) => ports.map((port) => `${port} is a port of ${name}`));
  const bridges = intent.links
    .filter(({ kind, mac }) => kind === 'bridge' && mac !== null)
    .map(({ name, mac, stp, forwardDelaySec }) => `${name} is a bridge ${mac} stp ${stp} delay ${forwardDelaySec}`);
  return [...addresses, ...routes, ...ports, ...bridges].sort();
}

function addressLines({ ifname, addr_info }: AddressJson): string[] {
  return addr_info
    .filter(({ scope, dynamic }) => scope === 'global' && dynamic !== true)
    .map(({ local, address, prefixlen }) => {
      return `${ifname} ${local}${address === undefined ? '' : ` peer ${address}`}/${prefixlen}`;
    });
}

function bridgeLines({ ifname, address, master, linkinfo }: LinkJson): string[] {
  const lines = master === undefined ? [] : [`${ifname} is a port of ${master}`];
  const data = linkinfo?.info_kind === 'bridge' ? linkinfo.info_data : undefined;
  if (data === undefined) return lines;
  return [...lines, `${ifname} is a bridge ${address} stp ${data.stp_state === 1} delay ${data.forward_delay / 100}`];
}

function routeLine(
  { type = 'unicast', dst, gateway, dev, metric, flags }: RouteJson,
  familysMetric: number | null,
): string {
  const length = dst.includes(':') ? 128 : 32;
  const destination = dst === 'default' || dst.includes('/') ? dst : `${dst}/${length}`;
  const link = type === 'unicast' ? dev : null;
  const shown = metric === undefined || metric === familysMetric ? null : metric;
  const onLink = flags.includes('onlink') ? ' onlink' : '';
  return `${type} ${destination} via ${gateway ?? null} dev ${link} metric ${shown}${onLink}`;
}
