import { type Namespace, readValues } from './network-command.ts';

const ROOT = '/proc/sys/';
const OF_HOST = [
  'net/ipv4/ip_forward',
  'net/bridge/bridge-nf-call-iptables',
  'net/bridge/bridge-nf-call-ip6tables',
  'net/bridge/bridge-nf-call-arptables',
];
const OF_LINK = {
  'net/ipv4/conf': ['forwarding', 'proxy_arp', 'proxy_arp_pvlan', 'rp_filter', 'arp_ignore', 'arp_announce'],
  'net/ipv4/neigh': ['proxy_delay'],
  'net/ipv6/conf': ['forwarding', 'accept_ra', 'autoconf', 'proxy_ndp', 'disable_ipv6', 'accept_dad', 'addr_gen_mode'],
  'net/ipv6/neigh': ['proxy_delay'],
};

/** Settings of the network by their paths below /proc/sys: the host's, and those of `all`, `default` and each of the links. */
export async function readNetworkSysctls(
  namespace: Namespace,
  links: readonly string[],
): Promise<Record<string, string>> {
  const ofLinks = ['all', 'default', ...links].flatMap((link) =>
    Object.entries(OF_LINK).flatMap(([directory, names]) => names.map((name) => `${directory}/${link}/${name}`)),
  );
  const found = await readValues(
    namespace,
    [...OF_HOST, ...ofLinks].map((path) => ROOT + path),
  );
  return Object.fromEntries(Array.from(found, ([path, value]) => [path.slice(ROOT.length), value]));
}
