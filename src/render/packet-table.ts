import { nftLink } from '../base/quoting/nft-text.ts';
import type { NatFamilies } from '../model/nat-families.ts';
import { tableFamily } from './nat-ruleset.ts';

/** What the tables of a trial are made of. */
export interface PacketTableInput {
  /** Name of the tables: one in each of the families inet, arp and netdev. */
  name: string;
  /** The taps of the guests that are not there, and what all taps of the instance begin with. */
  taps: string[];
  tapPrefix: string;
  /** The tap of a guest that is there: of its packets those of SSH alone are traced. */
  watchedTap: string | null;
  uplinks: string[];
  guests: { ipv4: string[]; ipv6: string[] };
  stranger: { ipv4: string; ipv6: string };
  /** A kernel without IPv6 may have no tables of the family inet. */
  families: NatFamilies;
  /** Whether the kernel has a hook for what leaves a link (5.16), and whether somebody else's chain is there: then packets go so far. */
  egress: 'absent' | 'ours alone' | 'shared';
}

/** Before and after everybody else's chains. NF_IP_PRI_FIRST and _LAST are the ends of a 32-bit number: conntrack has the last. */
const FIRST = -2_147_483_647;
const LAST = 2_147_483_646;

/**
 * The packets of a trial are traced from the first hook on, and none of them leaves: at the very end of the way out they are
 * dropped. What is sent to the stranger is dropped as well when the host itself says it (a `reject`), and what still has a
 * guest's own address.
 */
export function renderPacketTables(input: PacketTableInput): string {
  const { name, taps, uplinks } = input;
  const list = (items: string[]) => `{ ${items.map(nftLink).join(', ')} }`;
  const hook = (hookName: string, priority: number) => `type filter hook ${hookName} priority ${priority};`;
  const chain = (chainName: string, head: string, rules: string[] = []) =>
    `  chain ${chainName} {\n    ${head} policy accept;\n${rules.map((rule) => `    ${rule}\n`).join('')}  }`;
  // Where somebody else's chain looks at what leaves a link, the packet goes on until there.
  const goesOn = input.egress === 'shared' && uplinks.length > 0 ? ` oifname != ${list(uplinks)}` : '';
  const drops = endOfWay(input).map((match) => `${match}${goesOn} drop`);
  const traced = [
    `iifname ${list(taps)} meta nftrace set 1`,
    ...watching(input, 'iifname', 'sport'),
    ...strangers(input, 'saddr'),
  ];
  const ends = (['input', 'forward'] as const).flatMap((each) => [
    chain(`${each}_first`, hook(each, FIRST)),
    chain(`${each}_last`, hook(each, LAST)),
  ]);
  const atDevices = (kind: string, devices: string[], priority: number) =>
    `type filter hook ${kind} devices = ${list(devices)} priority ${priority};`;
  const outside =
    uplinks.length === 0 ? [] : [chain('uplinks', atDevices('ingress', uplinks, FIRST), strangers(input, 'saddr'))];
  const egress =
    uplinks.length === 0 || input.egress === 'absent'
      ? []
      : [
          chain('egress_first', atDevices('egress', uplinks, FIRST), strangers(input, 'daddr')),
          chain('egress_last', atDevices('egress', uplinks, LAST), lastOnWire(input)),
        ];
  return [
    renderPacketTablesRemoval(name, input.families),
    `table ${tableFamily(input.families)} ${name} {`,
    chain('prerouting_first', hook('prerouting', FIRST), traced),
    chain('prerouting_last', hook('prerouting', LAST)),
    ...ends,
    chain('output_first', hook('output', FIRST), [
      `oifname ${list(taps)} meta nftrace set 1`,
      ...watching(input, 'oifname', 'dport'),
    ]),
    chain('output_last', hook('output', LAST)),
    chain('postrouting_first', hook('postrouting', FIRST)),
    chain('postrouting_last', hook('postrouting', LAST), drops),
    '}',
    `table arp ${name} {`,
    chain('input_first', hook('input', FIRST), [`iifname ${list(taps)} meta nftrace set 1`]),
    chain('output_first', hook('output', FIRST), [`oifname ${list(taps)} meta nftrace set 1`]),
    '}',
    `table netdev ${name} {`,
    chain('taps', atDevices('ingress', taps, FIRST), ['meta nftrace set 1']),
    ...outside,
    ...egress,
    '}',
    '',
  ].join('\n');
}

/** For `nft -f`, also where there are none. */
export function renderPacketTablesRemoval(name: string, families: NatFamilies): string {
  return [tableFamily(families), 'arp', 'netdev']
    .map((family) => `table ${family} ${name}\ndelete table ${family} ${name}\n`)
    .join('');
}

function watching({ watchedTap }: PacketTableInput, side: 'iifname' | 'oifname', port: 'sport' | 'dport'): string[] {
  return watchedTap === null ? [] : [`${side} "${watchedTap}" tcp ${port} 22 meta nftrace set 1`];
}

function strangers({ stranger, families }: PacketTableInput, end: 'saddr' | 'daddr'): string[] {
  const rules = [`ip ${end} ${stranger.ipv4} meta nftrace set 1`, `ip6 ${end} ${stranger.ipv6} meta nftrace set 1`];
  return families === 'both' ? rules : rules.slice(0, 1);
}

function endOfWay({ guests, stranger, tapPrefix, families }: PacketTableInput): string[] {
  const elsewhere = `oifname != "${tapPrefix}*"`;
  const ofFamily = (family: 'ip' | 'ip6', addresses: string[], foreign: string) => {
    const set = `{ ${addresses.join(', ')} }`;
    const own =
      addresses.length === 0
        ? []
        : [`ct original ${family} saddr ${set} ${elsewhere}`, `${family} saddr ${set} ${elsewhere}`];
    return [...own, `${family} daddr ${foreign} ${elsewhere}`];
  };
  const ipv4 = ofFamily('ip', guests.ipv4, stranger.ipv4);
  return families === 'both' ? [...ipv4, ...ofFamily('ip6', guests.ipv6, stranger.ipv6)] : ipv4;
}

/** Where links are named there is no connection tracking: addresses alone. */
function lastOnWire({ guests, stranger, families }: PacketTableInput): string[] {
  const ipv4 = [...guests.ipv4.map((one) => `ip saddr ${one}`), `ip daddr ${stranger.ipv4}`];
  const ipv6 = [...guests.ipv6.map((one) => `ip6 saddr ${one}`), `ip6 daddr ${stranger.ipv6}`];
  return (families === 'both' ? [...ipv4, ...ipv6] : ipv4).map((match) => `${match} drop`);
}
