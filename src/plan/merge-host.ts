import type { ExtraIpv4, HostConfig } from '../model/host-config.ts';
import { covers } from './address-reach.ts';

/** What was found, with what only the owner can know: extra addresses with their virtual MACs. */
export function mergeHost(owners: HostConfig, found: HostConfig): HostConfig {
  const known = owners.extraIpv4.map(prefixOfExtra);
  const added = found.extraIpv4.filter((extra) => !known.some((prefix) => covers(prefix, prefixOfExtra(extra))));
  return { ...found, extraIpv4: [...owners.extraIpv4, ...added] };
}

function prefixOfExtra(extra: ExtraIpv4): string {
  return extra.kind === 'single' ? `${extra.address}/32` : extra.prefix;
}
