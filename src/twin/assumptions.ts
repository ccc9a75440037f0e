import type { HostConfig } from '../model/host-config.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import { chooseLinks } from './copy-links.ts';
import { registeredMacs } from './switch.ts';

/** What the twin supposes about this host and its provider, in sentences. */
export function twinAssumptions(host: HostConfig, facts: NetworkFacts): string[] {
  const { standIns, leftOut } = chooseLinks(facts, host.uplink.name);
  const closed = facts.firewall.chains.filter(({ policy, hook }) => policy === 'drop' && hook === 'forward');
  return [
    `the provider lets these MACs in and no others: ${registeredMacs(host).join(', ')}`,
    'customers of the same network reach each other through the gateway only',
    ...(host.ipv6?.mode === 'delegated'
      ? [`the lease of ${host.ipv6.prefix} is alive: a DHCPv6 client keeps it, which the twin does not run`]
      : []),
    ...standIns.map(({ name, kind }) => `${name} (${kind ?? 'hardware'}) is stood in for by a link that leads nowhere`),
    ...(leftOut.length === 0 ? [] : [`left out, because guests and containers bring them: ${leftOut.join(', ')}`]),
    ...closed.map(
      ({ family, table, name }) =>
        `the chain ${name} of table ${family} ${table} lets guests' packets through, though it drops what no rule names: the twin has no rules of the firewall`,
    ),
    'answers by ICMP are not limited in number, and a neighbour that does not answer is given up a little sooner',
  ];
}

/** What no twin can show. */
export const TWIN_LIMITS: readonly string[] = [
  'the network card: its driver, a link that flaps when it joins a bridge, offloads, speed',
  'the provider: what he tolerates, how long his router remembers an address, a virtual MAC that was never ordered',
  'the boot: the order of systemd and udev, names of links, DHCP, router advertisements (nothing is sent on the wire by itself)',
  "the kernel's version, unless the proof runs on the host itself, which it does",
];
