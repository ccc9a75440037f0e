import type { HostConfig } from '../../model/host-config.ts';
import type { AddressFact, Family, NetworkFacts } from '../../model/network-facts.ts';
import type { IntentAddress, NetworkIntent } from '../../model/network-intent.ts';
import { spotWords } from '../explain-edit.ts';

/**
 * That the host's main address runs and no boot brings it back: it is in no file, or in a stanza that nobody brings up. null where a file
 * says it, or a lease gives it.
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
  const idle = intent.byHand.addresses.find(({ address }) => address === own);
  if (idle !== undefined)
    return `${own} is in ${spotWords(idle.spot)}, and nothing brings ${nameOf(idle, intent)} up at a boot: lodge net explain says what to write`;
  return `${own} is in no file: it was set by hand or by a script; write it into the files of the program that is to configure ${running.link} at boot, for instance /etc/network/interfaces`;
}

/** The stanza's own name, which may be that of an alias. */
function nameOf({ link, spot }: IntentAddress, { byHand }: NetworkIntent): string {
  const above = byHand.stanzas.filter((one) => one.link === link && one.spot.path === spot.path);
  return above.findLast(({ spot: { line } }) => line <= spot.line)?.name ?? link;
}

function isSaid({ address, isDynamic }: AddressFact, intent: NetworkIntent): boolean {
  return isDynamic || intent.addresses.some((one) => one.address === address);
}
