import { linkLocalFromMac, type MacAddress } from '../base/address.ts';
import { ipBatchWord } from '../base/quoting/ip-batch-word.ts';
import type { LinkFact, NetworkFacts } from '../model/network-facts.ts';
import { TWIN_MACS } from './addresses.ts';

/** Taps, and what containers and other guest managers make: it comes and goes, and no plan rests on it. */
const PASSING_NAME =
  /^(lg[0-9a-f]|veth|vnet|tap|fwpr|fwln|fwbr|docker\d|br-[0-9a-f]{12}$|virbr|lxcbr|lxdbr|incusbr|cni|cali|flannel)/;
/** Devices that a module makes in each namespace by itself. */
const PASSING_KIND = new Set([
  'veth',
  'tun',
  'sit',
  'ipip',
  'ip6tnl',
  'gre',
  'gretap',
  'erspan',
  'ip6gre',
  'vti',
  'vti6',
]);

export interface CopiedLinks {
  /** The uplink, bridges, and links that lead nowhere in place of others. */
  links: LinkFact[];
  /** Those that only look like what they stand for, and ports that are not of the host's. */
  standIns: LinkFact[];
  leftOut: string[];
}

/** Which links of the host the twin has. */
export function chooseLinks(facts: NetworkFacts, uplink: string): CopiedLinks {
  const others = facts.links.filter(({ name, flags }) => name !== uplink && !flags.includes('LOOPBACK'));
  const passes = ({ name, kind }: LinkFact) => PASSING_NAME.test(name) || PASSING_KIND.has(kind ?? '');
  const copied = others.filter((link) => !passes(link));
  const kept = [...facts.links.filter(({ name }) => name === uplink), ...copied];
  const carriers = bridgeCarriers(kept);
  return {
    links: [...kept, ...carriers],
    standIns: [...copied.filter(({ kind }) => kind !== 'bridge'), ...carriers],
    leftOut: others.filter(passes).map(({ name }) => name),
  };
}

/** A bridge whose ports are all guests' has a carrier from them: one port that leads nowhere gives it in their place. */
function bridgeCarriers(kept: readonly LinkFact[]): LinkFact[] {
  const has = ({ flags }: LinkFact) => flags.includes('LOWER_UP');
  const alone = kept.filter(
    (link) => link.bridge !== null && has(link) && !kept.some((port) => port.master === link.name && has(port)),
  );
  return alone.map((bridge, index) => ({
    ...bridge,
    name: `lodgetwinp${index}`,
    kind: 'veth',
    mac: null,
    master: bridge.name,
    bridge: null,
  }));
}

/**
 * Lines for `ip -batch` in the host's namespace, where the uplink is there already. Bridges begin without spanning tree and delay, so
 * that their ports forward at once, as they do on the host by now: `bridgeTimerLines` come later.
 */
export function linkLines({ links, standIns }: CopiedLinks, switchSpace: string): string[] {
  const names = new Set(links.map(({ name }) => name));
  const bridges = links.filter(({ kind }) => kind === 'bridge');
  return [
    ...bridges.map(({ name, mac, mtu, bridge }) => {
      const filtering = bridge?.vlanFiltering === true ? ' vlan_filtering 1' : '';
      return `link add name ${ipBatchWord(name)} address ${mac} mtu ${mtu} type bridge stp_state 0 forward_delay 0${filtering}`;
    }),
    ...standIns.map(({ name, mac, mtu }, index) => {
      const own = mac === null || mac.split(':').length !== 6 ? '' : ` address ${mac}`;
      return `link add name ${ipBatchWord(name)}${own} mtu ${mtu} type veth peer name s${index} netns ${switchSpace}`;
    }),
    ...links
      .filter(({ kind, mtu }) => kind !== 'bridge' && mtu !== 1500)
      .map(({ name, mtu }) => `link set dev ${ipBatchWord(name)} mtu ${mtu}`),
    ...links.flatMap(({ name, master }) =>
      master !== null && names.has(master) ? [`link set dev ${ipBatchWord(name)} master ${ipBatchWord(master)}`] : [],
    ),
    ...links.flatMap(({ name, altNames }) => altNames.map((other) => `link property add dev ${name} altname ${other}`)),
    ...links.flatMap(({ name, bridgePort }) =>
      bridgePort?.isolated ? [`link set dev ${ipBatchWord(name)} type bridge_slave isolated on`] : [],
    ),
  ];
}

/** The far ends of stand-ins: up where the host's link has a carrier. Lines for the switch's namespace. */
export function farEndLines({ standIns }: CopiedLinks): string[] {
  return standIns.flatMap(({ flags }, index) => (flags.includes('LOWER_UP') ? [`link set s${index} up`] : []));
}

/** Links come up after their settings are written, which decide over what happens then. */
export function upLines({ links }: CopiedLinks): string[] {
  return links.filter(({ flags }) => flags.includes('UP')).map(({ name }) => `link set dev ${ipBatchWord(name)} up`);
}

/**
 * Links that are up and have no link-local address made from the MAC: the kernel is to make none here either. A link without IPv6 (the
 * port of a bridge) gets its own as soon as it has IPv6 again.
 */
export function noLinkLocalLines({ links }: CopiedLinks, facts: NetworkFacts): string[] {
  const isOff = ({ name, addrGenMode }: LinkFact) =>
    addrGenMode !== 'none' && facts.sysctls[`net/ipv6/conf/${name}/disable_ipv6`] === '1';
  const without = links.filter((link) => link.flags.includes('UP') && !hasOwnLinkLocal(link, facts) && !isOff(link));
  return without.map(({ name }) => `link set dev ${ipBatchWord(name)} addrgenmode none`);
}

/** The kernel makes the link-local address from the MAC by itself, and nothing else is there in its place. */
export function hasOwnLinkLocal({ name, mac }: LinkFact, facts: NetworkFacts): boolean {
  if (mac === null || mac.split(':').length !== 6) return false;
  const own = linkLocalFromMac(mac as MacAddress);
  return facts.addresses.some(({ link, address }) => link === name && address === own);
}

/** A bridge with spanning tree or a delay, once its ports forward. The kernel wants 2 s at least with spanning tree. */
export function bridgeTimerLines({ links }: CopiedLinks): { spanning: string[]; delays: string[] } {
  const bridges = links.flatMap(({ name, bridge }) => (bridge === null ? [] : [{ name, ...bridge }]));
  return {
    spanning: bridges
      .filter(({ stp }) => stp)
      .map(({ name }) => `link set dev ${ipBatchWord(name)} type bridge forward_delay 200 stp_state 1`),
    delays: bridges
      .filter(({ forwardDelayMs }) => forwardDelayMs > 0)
      .map(
        ({ name, forwardDelayMs }) =>
          `link set dev ${ipBatchWord(name)} type bridge forward_delay ${forwardDelayMs / 10}`,
      ),
  };
}

/** `1 -> 00:00:5e:00:53:81` */
export function tapMac(number: number): string {
  return `${TWIN_MACS.tap}${(number % 16).toString(16)}`;
}
