import type { WalkLine } from '../model/network-explanation.ts';
import type { LinkFact } from '../model/network-facts.ts';
import { isOthersBridge, linkNamed, type NetworkScene, portsOf } from './network-scene.ts';
import { folded, isGuestTap } from './network-walk-fold.ts';

/** `2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state UP`, and its MAC in the next line. */
export function walkLinks(scene: NetworkScene): WalkLine[] {
  const links = [...scene.facts.links].sort((a, b) => a.index - b.index);
  const taps = links.filter(({ name }) => isGuestTap(name));
  const others = links.filter(({ name }) => !isGuestTap(name));
  const toLines = (link: LinkFact) => [
    { text: headOf(link), meaning: meaningOf(scene, link) },
    ...(link.mac === null || link.flags.includes('LOOPBACK')
      ? []
      : [
          {
            text: `    link/${link.kind === 'tun' && link.flags.includes('POINTOPOINT') ? 'none' : 'ether'} ${link.mac}`,
            meaning: meaningOfMac(scene, link),
          },
        ]),
  ];
  return [
    ...others.flatMap(toLines),
    ...folded(
      taps.map((link) => ({ text: headOf(link), meaning: "the tap of a guest of Lodge's" })),
      3,
      'taps of guests',
    ),
  ];
}

function headOf(link: LinkFact): string {
  const below = link.parent === null ? '' : `@${link.parent}`;
  const master = link.master === null ? '' : ` master ${link.master}`;
  return `${link.index}: ${link.name}${below}: <${link.flags.join(',')}> mtu ${link.mtu}${master} state ${link.operState}`;
}

function meaningOf(scene: NetworkScene, link: LinkFact): string {
  const words = [natureOf(scene, link)];
  if (link.master !== null && linkNamed(scene.facts, link.master)?.kind === 'bridge') {
    const isUplink = link.name === scene.uplink?.name;
    words.push(`a port of ${link.master}${isUplink ? `: its addresses and routes are ${link.master}'s` : ''}`);
  } else if (link.master !== null) {
    words.push(`part of ${link.master}`);
  }
  if (!link.flags.includes('UP')) words.push('it is down');
  else if (!link.flags.includes('LOWER_UP')) words.push('it has no carrier');
  return words.filter((word) => word !== '').join('; ');
}

function natureOf({ facts, uplink, uplinkBridge }: NetworkScene, link: LinkFact): string {
  if (link.flags.includes('LOOPBACK')) return 'the host talking to itself';
  if (link.name === uplink?.name) return 'the link to the provider';
  if (link.kind === 'bridge') {
    const ports = portsOf(facts, link.name).filter(({ name }) => !isGuestTap(name));
    const named = ports.length === 0 ? 'no port' : `the ports ${ports.map(({ name }) => name).join(', ')}`;
    if (link.name === uplinkBridge?.name) return `a bridge with ${named}: the host's own addresses belong here`;
    return isOthersBridge(link) ? "another program's bridge" : `a bridge without the uplink, with ${named}`;
  }
  return KINDS[link.kind ?? '']?.(link) ?? (link.kind === null ? 'a network card' : `a link of the kind ${link.kind}`);
}

const KINDS: Record<string, (link: LinkFact) => string> = {
  dummy: () => 'a link with nothing behind it',
  vlan: ({ vlanId, parent }) => `VLAN ${vlanId ?? '?'} on ${parent ?? '?'}`,
  tun: () => 'the tap of a guest, or a tunnel of a program',
  veth: () => 'one end of a cable between network namespaces',
  bond: () => 'several cards as one',
  wireguard: () => 'a WireGuard tunnel',
};

function meaningOfMac({ uplink, uplinkBridge, host }: NetworkScene, link: LinkFact): string | null {
  if (link.name === uplinkBridge?.name && uplink !== null) {
    return link.mac === uplink.mac
      ? `the MAC of ${uplink.name}, as it must be`
      : `not the MAC of ${uplink.name}: lodge net explain`;
  }
  if (link.name !== uplink?.name) return null;
  const known = host?.uplink.mac ?? link.permanentMac;
  return known === null || known === link.mac
    ? 'the MAC that the provider knows'
    : `not the MAC that the provider knows (${known}): lodge net explain`;
}
