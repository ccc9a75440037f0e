import { shellWord } from '../base/quoting/shell-word.ts';
import { isPrivate, prefixOf } from './address-reach.ts';
import { settingFix, settingOf } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';
import { effectiveSetting, forwards, globalAddresses, isMain, type NetworkScene } from './network-scene.ts';

/** proxy_arp on the uplink is an answer to every question whose address is routed elsewhere. */
export const proxyArpOnUplink: ExplainRule = {
  id: 'proxy-arp-on-uplink',
  judge(scene) {
    const { facts, outside } = scene;
    if (outside === null || effectiveSetting(facts, outside.name, 'proxy_arp') === 0) return [];
    const { name } = outside;
    const isActive = forwards(facts, 'ipv4') || effectiveSetting(facts, name, 'forwarding') === 1;
    const inner = innerNetworks(scene);
    const entries = routedAddresses(scene).map(
      (address) => `ip neighbour replace proxy ${address} dev ${shellWord(name)}`,
    );
    const places = ['all', name].filter((place) => facts.sysctls[`net/ipv4/conf/${place}/proxy_arp`] === '1');
    return [
      {
        level: isActive ? 'alarm' : 'surprise',
        what: `${name} answers ARP for addresses that are not this host's (proxy_arp=1)`,
        cause:
          'proxy_arp answers for every address that this host routes to another link, and not only for those the provider gave.',
        consequence:
          (isActive
            ? `on the provider's wire it answers for ${inner.length > 0 ? inner.join(', ') : 'whatever a route leads to another link'} too: that is taken for theft of addresses.`
            : 'nothing as long as the host does not forward; with forwarding it answers for whatever is routed to another link.') +
          ' An entry for each address does what is wanted.',
        fix: [...entries, settingFix(places.map((place) => settingOf('ipv4', place, 'proxy_arp', 0)))].join('; '),
      },
    ];
  },
};

/** arp_ignore=0: an address of any link is answered for on every link (the weak host model, RFC 1122 3.3.4.2). */
export const arpAnswersInternal: ExplainRule = {
  id: 'arp-answers-internal',
  judge(scene) {
    const { facts, outside } = scene;
    if (outside === null || effectiveSetting(facts, outside.name, 'arp_ignore') > 0) return [];
    const inner = facts.addresses.filter(
      ({ link, family, scope, address }) =>
        family === 'ipv4' && scope === 'global' && link !== outside.name && link !== 'lo' && isPrivate(address),
    );
    if (inner.length === 0) return [];
    const named = inner.slice(0, 3).map(({ address, link }) => `${address} (${link})`);
    return [
      {
        level: 'note',
        what: `${outside.name} answers ARP for internal addresses: ${named.join(', ')}${inner.length > 3 ? ' …' : ''}`,
        cause: 'arp_ignore is 0, the default: the kernel answers on every link for every address it has.',
        consequence: "whoever asks on the provider's wire learns which internal addresses there are. Nothing breaks.",
        fix: [...plainAddresses(scene), settingFix([settingOf('ipv4', outside.name, 'arp_ignore', 1)])].join('; '),
      },
    ];
  },
};

/**
 * With arp_ignore the kernel compares who asks with the network of the address, and that of an address with a peer is the peer's alone: the
 * host would fall silent for it. The same address beside it, without the peer, is answered for.
 */
function plainAddresses({ facts, outside }: NetworkScene): string[] {
  const own = facts.addresses.filter(({ link, family }) => link === outside?.name && family === 'ipv4');
  return own
    .filter(({ peer, address }) => peer !== null && !own.some((one) => one.address === address && one.peer === null))
    .map(({ address, link }) => `ip address add ${address}/32 dev ${shellWord(link)}`);
}

function innerNetworks({ facts, outside, uplink }: NetworkScene): string[] {
  return facts.links
    .filter(({ name }) => name !== outside?.name && name !== uplink?.name && name !== 'lo')
    .flatMap(({ name }) => globalAddresses(facts, name))
    .filter(({ family, prefixLength }) => family === 'ipv4' && prefixLength < 32)
    .map(({ address, prefixLength, link }) => `${prefixOf(address, prefixLength)} (${link})`)
    .slice(0, 4);
}

/** Addresses the provider gave that are routed to a guest: each can have an entry of its own. */
function routedAddresses({ facts, host, outside }: NetworkScene): string[] {
  const given = (host?.extraIpv4 ?? []).flatMap((extra) => (extra.kind === 'single' ? [extra.address as string] : []));
  return given.filter((address) =>
    facts.routes.some(
      (route) =>
        isMain(route) &&
        route.destination.replace('/32', '') === address &&
        route.via === null &&
        route.link !== outside?.name,
    ),
  );
}
