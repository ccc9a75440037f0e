import { linkLocalFromMac, parseMac } from '../base/address.ts';
import type { WalkLine } from '../model/network-explanation.ts';
import type { AddressFact, LinkFact } from '../model/network-facts.ts';
import { isLinkLocal, lastOf, lengthOf, prefixOf } from './address-reach.ts';
import { linkNamed, type NetworkScene } from './network-scene.ts';
import { isGuestTap } from './network-walk-fold.ts';

/** `    inet 192.0.2.195/26 brd 192.0.2.255 scope global br0`, below the name of its link. */
export function walkAddresses(scene: NetworkScene): WalkLine[] {
  const links = scene.facts.links.filter(({ name }) => !isGuestTap(name)).sort((a, b) => a.index - b.index);
  return links.flatMap((link) => {
    const addresses = scene.facts.addresses.filter((address) => address.link === link.name);
    const head = { text: `${link.index}: ${link.name}:`, meaning: meaningOfNone(scene, link, addresses) };
    if (addresses.length === 0 && head.meaning === null) return [];
    return [head, ...addresses.map((address) => ({ text: textOf(address), meaning: meaningOf(scene, link, address) }))];
  });
}

function meaningOfNone({ facts }: NetworkScene, link: LinkFact, addresses: AddressFact[]): string | null {
  const master = linkNamed(facts, link.master ?? '');
  if (master?.kind !== 'bridge' || addresses.some(({ scope }) => scope === 'global')) return null;
  return `no address of its own: ${master.name} has it, as it must be`;
}

function textOf({
  family,
  address,
  prefixLength,
  peer,
  broadcast,
  scope,
  isDynamic,
  noPrefixRoute,
  link,
}: AddressFact): string {
  const words = [
    `    ${family === 'ipv4' ? 'inet' : 'inet6'}`,
    peer === null ? `${address}/${prefixLength}` : `${address} peer ${peer}/${prefixLength}`,
    ...(broadcast == null ? [] : ['brd', broadcast]),
    'scope',
    scope,
    ...(isDynamic ? ['dynamic'] : []),
    ...(noPrefixRoute ? ['noprefixroute'] : []),
    ...(family === 'ipv4' ? [link] : []),
  ];
  return words.join(' ');
}

function meaningOf(scene: NetworkScene, link: LinkFact, fact: AddressFact): string | null {
  if (fact.scope === 'host') return null;
  if (isLinkLocal(fact.address)) return meaningOfLinkLocal(link, fact.address);
  const words = [link.name === scene.outside?.name ? "the host's address" : `the host's address on ${link.name}`];
  if (fact.peer !== null) words.push(`${fact.peer} is the other end, and nobody else is on the link`);
  else if (fact.prefixLength === lengthOf(fact.address)) words.push('alone: nobody else is taken for on-link');
  else if (!fact.noPrefixRoute) words.push(`all of ${prefixOf(fact.address, fact.prefixLength)} is taken for on-link`);
  if (fact.isDynamic) words.push('given by DHCP or a router advertisement');
  if (hasWrongBroadcast(fact))
    words.push(
      `the broadcast address is another network's: ${lastOf(prefixOf(fact.address, fact.prefixLength))} would be right`,
    );
  return words.join('; ');
}

function hasWrongBroadcast({ family, address, prefixLength, broadcast }: AddressFact): boolean {
  if (family !== 'ipv4' || broadcast == null || prefixLength > 30 || broadcast === '255.255.255.255') return false;
  return broadcast !== lastOf(prefixOf(address, prefixLength));
}

function meaningOfLinkLocal({ mac, kind }: LinkFact, address: string): string | null {
  const parsed = parseMac(mac ?? '');
  if (!parsed.ok || kind === 'tun') return null;
  return linkLocalFromMac(parsed.value) === address ? `made of the MAC ${mac}` : `not made of the MAC ${mac}`;
}
