import { nftComment } from '../base/quoting/nft-text.ts';
import type { NatNetwork } from '../model/guest-network.ts';
import type { NamePorts } from '../model/name-ports.ts';
import type { NatFamilies } from '../model/nat-families.ts';
import type { NatGuest } from '../model/nat-guest.ts';
import { natTapPrefix } from '../model/nat-tap-prefix.ts';
import { renderArpTable } from './nat-arp-table.ts';
import { renderFilterChains } from './nat-filter-chains.ts';
import { renderGuardChains } from './nat-guard-chains.ts';
import { renderNatChains } from './nat-nat-chains.ts';
import { renderPortChains } from './nat-port-chains.ts';
import { renderNatSets } from './nat-sets.ts';
import { sharesTableName } from './nat-shares.ts';
import { renderTrackedChains } from './nat-tracked-chains.ts';

/** Packets refused, by reason: names of counters in the instance's tables. */
export const NAT_COUNTERS = [
  'spoofed_mac',
  'spoofed_ipv4',
  'spoofed_ipv6',
  'neighbour_advert',
  'router_advert',
  'dhcp_server',
  'spoofed_dhcp',
  'spoofed_link_address',
  'over_addresses',
  'over_requests',
  'invalid',
  'private_source',
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
export function renderNatRuleset(
  network: NatNetwork,
  guests: NatGuest[],
  { note, families, ports }: { note: string; families: NatFamilies; ports: NamePorts },
): string {
  const tap = `"${natTapPrefix(network)}*"`;
  const { tableName } = network;
  const comment = nftComment(note);
  const family = tableFamily(families);
  return [
    `table ${family} ${tableName}`,
    `delete table ${family} ${tableName}`,
    `table ${family} ${tableName} {`,
    ...(comment === null ? [] : [`  comment ${comment}`]),
    ...NAT_COUNTERS.map((name) => `  counter ${name} { }`),
    ...renderNatSets(guests, families),
    ...renderGuardChains(network, tap, families),
    ...renderTrackedChains(network, tap, families),
    ...renderFilterChains(network, tap, families),
    ...renderNatChains(network, tap, families),
    ...renderPortChains(tap, ports, families),
    '}',
    ...renderArpTable(network, guests, tap),
    '',
  ].join('\n');
}

/** A kernel without IPv6 may have no tables of family inet: then ours has IPv4 alone. */
export function tableFamily(families: NatFamilies): 'inet' | 'ip' {
  return families === 'both' ? 'inet' : 'ip';
}

/** Takes all tables away, that of the shares too; no error when they are not there. */
export function renderNatRulesetRemoval(network: Pick<NatNetwork, 'tableName'>, families: NatFamilies): string {
  const family = tableFamily(families);
  return [`${family} ${network.tableName}`, `${family} ${sharesTableName(network)}`, `arp ${network.tableName}`]
    .map((table) => `table ${table}\ndelete table ${table}\n`)
    .join('');
}
