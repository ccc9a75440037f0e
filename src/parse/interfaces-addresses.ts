import type { Family } from '../model/network-facts.ts';
import type { IntentAddress, IntentRoute, SourceSpot } from '../model/network-intent.ts';
import type { EffectiveOption, EffectiveStanza } from './interfaces-inherit.ts';
import { INTERFACES_METHODS } from './interfaces-methods.ts';
import type { InterfacesDialect } from './interfaces-problems.ts';
import { queryStanza } from './interfaces-query.ts';
import { maskLength } from './ipv4-mask.ts';
import { classLength, fullLength, readAddress } from './networkd-values.ts';

export interface StanzaAddresses {
  addresses: IntentAddress[];
  routes: IntentRoute[];
  dynamic: { link: string; family: Family; method: 'dhcp' | 'ra' | 'delegated'; spot: SourceSpot }[];
  notUnderstood: { spot: SourceSpot; text: string; why: string }[];
}

const DYNAMIC: Record<string, readonly ('dhcp' | 'ra')[]> = {
  dhcp: ['dhcp'],
  dhcp6: ['dhcp'],
  bootp: ['dhcp'],
  auto: ['ra'],
};
/** ifupdown gives an address by these only; ifupdown2 by all but DHCP and PPP. */
const WITH_ADDRESS = new Set(['static', 'tunnel', 'v4tunnel']);

/**
 * Addresses and gateways of one stanza, and who else gives its link some.
 *
 * @param link the kernel's name: `eth0` also for the stanza of its alias `eth0:1`
 */
export function readStanzaAddresses(
  stanza: EffectiveStanza,
  link: string,
  dialect: InterfacesDialect,
): StanzaAddresses {
  const found: StanzaAddresses = { addresses: [], routes: [], dynamic: [], notUnderstood: [] };
  readDynamic(stanza, link, found);
  const method = stanza.method ?? 'static';
  const isConfigured = dialect === 'ifupdown2' ? DYNAMIC[method] === undefined : WITH_ADDRESS.has(method);
  if (isConfigured) {
    readAddresses(stanza, link, dialect, found);
    if (dialect === 'ifupdown' && partsOf(stanza, 'address').length === 0) nameWithoutAddress(stanza, found);
    else readGateways(stanza, link, found);
    nameRepeated(stanza, dialect, found);
  } else {
    const why = `the method ${method} takes no addresses: ifupdown does nothing with it`;
    for (const name of ['address', 'gateway']) {
      for (const { spot, value } of partsOf(stanza, name))
        found.notUnderstood.push({ spot, text: `${name} ${value}`, why });
    }
  }
  return found;
}

function readDynamic(stanza: EffectiveStanza, link: string, found: StanzaAddresses): void {
  const { spot, method } = stanza;
  const family = stanza.family === 'inet6' || method === 'dhcp6' ? 'ipv6' : 'ipv4';
  for (const one of DYNAMIC[method ?? ''] ?? []) found.dynamic.push({ link, family, method: one, spot });
  if (partsOf(stanza, 'request_prefix')[0]?.value === '1') {
    found.dynamic.push({ link, family: 'ipv6', method: 'delegated', spot });
  }
  const why = { ppp: 'the other end of PPP gives the address', wvdial: 'the other end of PPP gives the address' }[
    method ?? ''
  ];
  const own = method === 'ipv4ll' ? 'the address is made up when the link comes up' : why;
  if (own !== undefined) found.notUnderstood.push({ spot, text: stanza.node.raw.trim(), why: own });
  if (method === '6to4')
    found.notUnderstood.push({ spot, text: stanza.node.raw.trim(), why: 'addresses of 6to4 are not followed' });
}

/** "missing required variable": ifupdown does nothing of such a stanza. */
function nameWithoutAddress(stanza: EffectiveStanza, found: StanzaAddresses): void {
  const why = `the method ${stanza.method} needs an address: ifupdown leaves the stanza out`;
  found.notUnderstood.push({ spot: stanza.spot, text: stanza.node.raw.trim(), why });
}

function readAddresses(
  stanza: EffectiveStanza,
  link: string,
  dialect: InterfacesDialect,
  found: StanzaAddresses,
): void {
  const all = partsOf(stanza, 'address');
  // Of several that are joined with a line end ifupdown's command takes the first: `nameRepeated` names them.
  const taken = dialect === 'ifupdown' ? all.slice(0, 1) : all;
  taken.forEach(({ value, spot }, index) => {
    const read = readOneAddress(stanza, value, index, dialect);
    if (typeof read === 'string') found.notUnderstood.push({ spot, text: `address ${value}`, why: read });
    else found.addresses.push({ link, ...read, spot });
  });
}

/** A text is the reason why there is none. */
function readOneAddress(
  stanza: EffectiveStanza,
  value: string,
  index: number,
  dialect: InterfacesDialect,
): Omit<IntentAddress, 'link' | 'spot'> | string {
  const [text = '', inline] = value.split('/');
  const read = readAddress(text);
  if (read === null) return 'it is no address';
  const isAlone = partsOf(stanza, 'address').length === 1;
  const own = partsOf(stanza, 'netmask')[index]?.value;
  // ifupdown2 makes no network of a class, and what stands behind the slash counts.
  const mask = dialect === 'ifupdown2' ? (inline ?? own) : isAlone ? maskOf(stanza, inline) : (own ?? inline);
  const length = lengthOf(mask, read.family, read.address, dialect);
  if (length === null) {
    return mask === undefined
      ? 'it has no length, and the command that ifupdown makes of it fails'
      : `${mask} is no netmask`;
  }
  const peerText = [...partsOf(stanza, 'pointopoint'), ...partsOf(stanza, 'dstaddr')][index]?.value ?? null;
  const peer = peerText === null ? null : readAddress(peerText);
  if (peerText !== null && peer === null) return `${peerText} is no address`;
  // The kernel keeps the length of the peer, which is a single address unless it says otherwise (iproute2, ipaddress.c).
  const prefixLength = peer === null ? length : (peer.prefixLength ?? fullLength(peer.family));
  return { family: read.family, address: read.address, prefixLength, peer: peer?.address ?? null };
}

/** What ifupdown makes of address and netmask: the same words that `ifquery` prints. */
function maskOf(stanza: EffectiveStanza, inline: string | undefined): string | undefined {
  if (INTERFACES_METHODS[stanza.family ?? '']?.[stanza.method ?? ''] === undefined) {
    return partsOf(stanza, 'netmask')[0]?.value ?? inline;
  }
  const said = queryStanza(stanza).find(({ name }) => name === 'netmask')?.value;
  return said === undefined || said === '' ? inline : said;
}

function lengthOf(
  mask: string | undefined,
  family: Family,
  address: string,
  dialect: InterfacesDialect,
): number | null {
  if (mask === undefined) {
    const isByClass = family === 'ipv4' && dialect === 'ifupdown';
    return isByClass ? classLength({ family, address, prefixLength: null }) : fullLength(family);
  }
  if (family === 'ipv4') return maskLength(mask);
  return /^\d+$/.test(mask) && Number(mask) <= 128 ? Number(mask) : null;
}

/** Both dialects add `onlink` to a gateway (ifupdown 0.8 in its inet and inet6 methods, ifupdown2 by policy). */
function readGateways(stanza: EffectiveStanza, link: string, found: StanzaAddresses): void {
  const metric = partsOf(stanza, 'metric')[0]?.value;
  for (const { value, spot } of partsOf(stanza, 'gateway')) {
    const via = readAddress(value);
    if (via === null) {
      found.notUnderstood.push({ spot, text: `gateway ${value}`, why: 'it is no address' });
      continue;
    }
    if (found.addresses.some(({ address }) => address === via.address)) {
      const why = 'it is the address of the link itself, and the kernel refuses it';
      found.notUnderstood.push({ spot, text: `gateway ${value}`, why });
      continue;
    }
    found.routes.push({
      family: via.family,
      destination: 'default',
      type: 'unicast',
      via: via.address,
      link,
      context: link,
      metric: metric === undefined || !/^\d+$/.test(metric) ? null : Number(metric),
      isOnLink: true,
      form: 'gateway',
      spot,
    });
  }
}

/** Two addresses in one stanza are ifupdown2's. ifupdown joins them with a line end, and its command breaks in two. */
function nameRepeated(stanza: EffectiveStanza, dialect: InterfacesDialect, found: StanzaAddresses): void {
  if (dialect === 'ifupdown2') return;
  for (const name of ['address', 'netmask', 'gateway', 'pointopoint']) {
    for (const { value, spot } of partsOf(stanza, name).slice(1)) {
      const why = `${name} stands twice in this stanza: ifupdown joins the two, and the command it makes of them fails; ifupdown2 takes both`;
      found.notUnderstood.push({ spot, text: `${name} ${value}`, why });
    }
  }
}

export function partsOf(stanza: EffectiveStanza, name: string): EffectiveOption['parts'] {
  return stanza.options.find((option) => option.name === name)?.parts ?? [];
}
