import { LodgeError } from '../../base/errors.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';

/** The link that has the host's main address. */
export function layer3After(host: HostConfig, { addresses }: NetworkFacts): string {
  const main = host.ipv4?.address ?? host.ipv6?.address;
  const found = addresses.find(({ address }) => address === main);
  if (found === undefined) throw new LodgeError('INTERNAL', `the plan leaves ${main ?? 'the host'} on no link`);
  return found.link;
}
