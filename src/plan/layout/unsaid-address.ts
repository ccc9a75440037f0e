import type { HostConfig } from '../../model/host-config.ts';
import type { AddressFact, Family, NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkIntent } from '../../model/network-intent.ts';

/**
 * That the host's main address runs and is in no file, so that no boot brings it back; null where a file says it, or a lease gives it.
 *
 * @param facts of now
 * @param intent what the files say
 */
export function unsaidAddress(
  host: HostConfig,
  family: Family,
  { addresses }: Pick<NetworkFacts, 'addresses'>,
  intent: NetworkIntent,
): string | null {
  const own = host[family]?.address;
  const running = addresses.find(({ address }) => address === own);
  if (running === undefined || isSaid(running, intent)) return null;
  return `${own} is in no file: it was set by hand or by a script; write it into the files of the program that is to configure ${running.link} at boot, for instance /etc/network/interfaces`;
}

function isSaid({ address, isDynamic }: AddressFact, intent: NetworkIntent): boolean {
  return isDynamic || intent.addresses.some((one) => one.address === address);
}
