import { interfacesWord } from '../base/quoting/interfaces-word.ts';
import type { InterfacesDocument } from '../model/interfaces-document.ts';
import type { IntentAddress, IntentRoute } from '../model/network-intent.ts';
import { addInterfaceOption, appendInterface, setFamilyOption } from './interfaces-edit.ts';
import type { StanzaText } from './interfaces-nodes.ts';

export interface MissingParts {
  addresses: readonly Pick<IntentAddress, 'family' | 'address' | 'prefixLength' | 'peer'>[];
  routes: readonly Pick<IntentRoute, 'family' | 'destination' | 'type' | 'via' | 'metric' | 'isOnLink'>[];
  /** Addresses or a default route come by router advertisements. */
  takesAdvertisements: boolean;
}

/**
 * Adds to an interface what runs and no file says: a stanza for each address, a command for each route. Advertisements are asked for
 * by `inet6 auto`, or `accept_ra 2` where a static stanza has said no: both also while the host forwards.
 */
export function addMissing(document: InterfacesDocument, name: string, missing: MissingParts): InterfacesDocument {
  const stanzas = missing.addresses.map(({ family, address, prefixLength, peer }): StanzaText => {
    const options: [string, string][] = [['address', `${address}/${prefixLength}`]];
    if (peer !== null) options.push(['pointopoint', peer]);
    return { name, family: family === 'ipv4' ? 'inet' : 'inet6', method: 'static', options };
  });
  const hasIpv6 = document.files.some(({ nodes }) =>
    nodes.some((node) => node.kind === 'iface' && node.name === name && node.family === 'inet6'),
  );
  if (missing.takesAdvertisements && !hasIpv6) stanzas.push({ name, family: 'inet6', method: 'auto', options: [] });
  const told = missing.takesAdvertisements ? setFamilyOption(document, name, 'inet6', 'accept_ra', '2') : document;
  const whole = stanzas.length === 0 ? told : appendInterface(told, document.entry, stanzas, false);
  return missing.routes.reduce((edited, route) => addInterfaceOption(edited, name, 'up', routeCommand(route)), whole);
}

/** `prepend`: of the link's own network it has to come before the route that the address brings (isolated customers). It may be there already. */
function routeCommand({ family, destination, type, via, metric, isOnLink }: MissingParts['routes'][number]): string {
  const words = [
    family === 'ipv6' ? 'ip -6 route prepend' : 'ip route prepend',
    ...(type === 'unicast' ? [] : [interfacesWord(type)]),
    interfacesWord(destination),
    ...(via === null ? [] : ['via', interfacesWord(via)]),
    // ifupdown's own: the name of the stanza, which a shell takes from the environment and reads no further.
    ...(type === 'unicast' ? ['dev', '"$IFACE"'] : []),
    ...(metric === null ? [] : ['metric', String(metric)]),
    ...(isOnLink ? ['onlink'] : []),
    '|| true',
  ];
  return words.join(' ');
}
