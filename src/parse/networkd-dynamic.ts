import type { Family } from '../model/network-facts.ts';
import { entriesOf, lastOf, type NetworkdUnit, spotOf } from './networkd-files.ts';
import type { NetworkReading } from './networkd-network.ts';
import { readBoolean } from './networkd-values.ts';

/**
 * What the file asks for by DHCP and router advertisements. That advertisements are taken where nothing is said of them is not
 * listed: no line says it. A DUID of the provider's or a hint for a prefix is how a delegated prefix is kept alive.
 */
export function readDynamic(unit: NetworkdUnit): NetworkReading['dynamic'] {
  const dynamic: NetworkReading['dynamic'] = [];
  const network = entriesOf(unit, 'Network');
  const dhcp = lastOf(network, 'DHCP');
  const client = entriesOf(unit, 'DHCPv6');
  const always = lastOf(entriesOf(unit, 'IPv6AcceptRA'), 'DHCPv6Client');
  const asksAlways = always?.value === 'always' ? always : null;
  const families = dhcp === null ? [] : dhcpFamilies(dhcp.value);
  const reason = families.includes('ipv6') ? dhcp : asksAlways;
  if (dhcp !== null && families.includes('ipv4')) dynamic.push({ family: 'ipv4', method: 'dhcp', spot: spotOf(dhcp) });
  if (reason !== null) {
    const isDelegated = lastOf(client, 'PrefixDelegationHint') !== null || lastOf(client, 'DUIDRawData') !== null;
    dynamic.push({ family: 'ipv6', method: isDelegated ? 'delegated' : 'dhcp', spot: spotOf(reason) });
  }
  const advertisements = lastOf(network, 'IPv6AcceptRA');
  if (advertisements !== null && readBoolean(advertisements.value) === true) {
    dynamic.push({ family: 'ipv6', method: 'ra', spot: spotOf(advertisements) });
  }
  return dynamic;
}

/** `v4`, `v6`, `both` and `none` are names of old. */
function dhcpFamilies(value: string): Family[] {
  if (value === 'ipv4' || value === 'v4') return ['ipv4'];
  if (value === 'ipv6' || value === 'v6') return ['ipv6'];
  return value === 'both' || readBoolean(value) === true ? ['ipv4', 'ipv6'] : [];
}
