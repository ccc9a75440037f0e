import type { NatNetwork } from '../model/guest-network.ts';
import type { NatGuest } from '../model/nat-guest.ts';
import { natTapPrefix } from '../model/nat-tap-prefix.ts';
import { renderArpTable } from './nat-arp-table.ts';
import { renderFilterChains } from './nat-filter-chains.ts';
import { renderGuardChains } from './nat-guard-chains.ts';
import { renderNatChains } from './nat-nat-chains.ts';
import { renderNatSets } from './nat-sets.ts';

/** Packets refused, by reason: names of counters in the instance's tables. */
export const NAT_COUNTERS = [
  'spoofed_mac',
  'spoofed_ipv4',
  'spoofed_ipv6',
  'neighbour_advert',
  'router_advert',
  'dhcp_server',
  'host_service',
  'unasked',
] as const;

/**
 * Everything nft has to know of an instance, for `nft -f`: both tables are replaced in one transaction. The chains are
 * the same for one guest and for a thousand (a base chain a guest ends at 1,024 and costs nine tenths of the packet
 * rate long before); guests are elements of sets keyed by tap.
 *
 * @param note the table's comment: where the instance keeps its notes, for another one in the same namespace. nft has no
 *   way to escape a quote and takes 128 bytes: a note that does not fit is left out.
 */
export function renderNatRuleset(network: NatNetwork, guests: NatGuest[], note: string): string {
  const tap = `"${natTapPrefix(network)}*"`;
  const { tableName } = network;
  return [
    `table inet ${tableName}`,
    `delete table inet ${tableName}`,
    `table inet ${tableName} {`,
    ...(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,127}$/.test(note) ? [`  comment "${note}"`] : []),
    ...NAT_COUNTERS.map((name) => `  counter ${name} { }`),
    ...renderNatSets(guests),
    ...renderGuardChains(tap),
    ...renderFilterChains(network, tap),
    ...renderNatChains(network, tap),
    '}',
    ...renderArpTable(network, guests, tap),
    '',
  ].join('\n');
}

/** Takes both tables away; no error when they are not there. */
export function renderNatRulesetRemoval(network: Pick<NatNetwork, 'tableName'>): string {
  return ['inet', 'arp']
    .map((family) => `table ${family} ${network.tableName}\ndelete table ${family} ${network.tableName}\n`)
    .join('');
}
