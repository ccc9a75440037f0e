import type { ExtraIpv4, HostConfig } from '../model/host-config.ts';
import { covers } from './address-reach.ts';

/**
 * What was found, with what only the owner can know: extra addresses with their virtual MACs, and the provider and the way IPv6 comes
 * where nothing on the host tells them.
 */
export function mergeHost(owners: HostConfig, found: HostConfig): HostConfig {
  const isUnknown = found.provider === 'generic';
  const isSamePrefix = owners.ipv6?.prefix === found.ipv6?.prefix;
  const mode = isUnknown && isSamePrefix ? owners.ipv6?.mode : undefined;
  const ipv6 = found.ipv6 === null || mode === undefined ? found.ipv6 : { ...found.ipv6, mode };
  const known = owners.extraIpv4.map(prefixOfExtra);
  const added = found.extraIpv4.filter((extra) => !known.some((prefix) => covers(prefix, prefixOfExtra(extra))));
  return {
    ...found,
    provider: isUnknown ? owners.provider : found.provider,
    ipv6,
    extraIpv4: [...owners.extraIpv4, ...added],
  };
}

function prefixOfExtra(extra: ExtraIpv4): string {
  return extra.kind === 'single' ? `${extra.address}/32` : extra.prefix;
}
