import type { Family } from '../model/network-facts.ts';
import type { NetworkIntent } from '../model/network-intent.ts';
import type { PlacedEntry } from './networkd-files.ts';
import { fullLength, readAddress, readDestination } from './networkd-values.ts';

/** Sections all of whose keys are understood to change no address, route or link. None of them holds a secret. */
const HARMLESS_SECTIONS = new Set([
  'connection',
  'match',
  'ethernet',
  '802-3-ethernet',
  'bridge-port',
  'proxy',
  'user',
  'vlan',
]);
const BRIDGE_KEYS = new Set(
  'mac-address stp forward-delay interface-name priority hello-time max-age ageing-time multicast-snooping'.split(' '),
);
const HARMLESS_IP_KEYS = new Set(
  [
    'dns dns-search dns-priority dns-options ignore-auto-dns ignore-auto-routes may-fail never-default dhcp-hostname',
    'dhcp-client-id dhcp-timeout dhcp-send-hostname dhcp-iaid dhcp-duid addr-gen-mode ip6-privacy route-metric dad-timeout',
    'required-timeout link-local ra-timeout token replace-local-rule auto-route-ext-gw dhcp-send-hostname-v2',
  ].flatMap((line) => line.split(' ')),
);
const ROUTE_OPTIONS = new Set('onlink mtu src scope window cwnd initcwnd initrwnd advmss quickack'.split(' '));

export function isHarmless(section: string, key: string): boolean {
  if (section === 'bridge') return BRIDGE_KEYS.has(key);
  if (section === 'bond') return true;
  return HARMLESS_SECTIONS.has(section);
}

/** [ipv4] or [ipv6] of a keyfile: addresses, gateway, routes, method. */
export function readIpSection(
  family: Family,
  entries: readonly PlacedEntry[],
  link: string,
  intent: NetworkIntent,
): void {
  const method = entries.findLast(({ key }) => key === 'method');
  // `disabled` and `ignore` make the rest of the section count for nothing.
  if (method?.value === 'disabled' || method?.value === 'ignore') return;
  readMethod(family, method, link, intent);
  const options = new Map(entries.map(({ key, value }) => [key, value]));
  for (const entry of entries) {
    const { key, value } = entry;
    const isOne = /^(?:address|route)\d+$/.test(key);
    if (key.startsWith('address') && (isOne || key === 'addresses')) {
      for (const text of isOne ? [value] : value.split(';').filter(Boolean)) addAddress(entry, text, link, intent);
    } else if (key === 'gateway') addGateway(entry, family, value, link, intent);
    else if (key.startsWith('route') && (isOne || key === 'routes')) {
      const texts = isOne ? [value] : value.split(';').filter(Boolean);
      for (const text of texts) addRoute(entry, text, options.get(`${key}_options`) ?? '', link, intent);
    } else if (!isKnownIpKey(key)) note(entry, intent, 'no key that Lodge plans with');
  }
}

function isKnownIpKey(key: string): boolean {
  return key === 'method' || HARMLESS_IP_KEYS.has(key) || /^route\d+_options$/.test(key);
}

function readMethod(family: Family, entry: PlacedEntry | undefined, link: string, intent: NetworkIntent): void {
  const value = entry?.value ?? '';
  if (entry === undefined || value === 'manual' || value === 'link-local') return;
  const spot = { path: entry.path, line: entry.line };
  if (value === 'auto') intent.dynamic.push({ link, family, method: family === 'ipv4' ? 'dhcp' : 'ra', spot });
  else if (value === 'dhcp') intent.dynamic.push({ link, family, method: 'dhcp', spot });
  else note(entry, intent, `the method ${value} is not planned with`);
}

/** `192.0.2.200/26,192.0.2.193`: an address and, in old files, the gateway behind it. */
function addAddress(entry: PlacedEntry, text: string, link: string, intent: NetworkIntent): void {
  const [address = '', gateway] = text.split(/[,;]/).map((part) => part.trim());
  const read = readAddress(address);
  if (read === null) {
    note(entry, intent, 'not an address with its prefix length');
    return;
  }
  const prefixLength = read.prefixLength ?? fullLength(read.family);
  const spot = { path: entry.path, line: entry.line };
  intent.addresses.push({ link, family: read.family, address: read.address, prefixLength, peer: null, spot });
  if (gateway) addGateway(entry, read.family, gateway, link, intent);
}

function addGateway(entry: PlacedEntry, family: Family, text: string, link: string, intent: NetworkIntent): void {
  const via = readAddress(text);
  if (via?.family !== family) {
    note(entry, intent, 'not an address of its family');
    return;
  }
  // None at all, as old files write it.
  if (via.address === '0.0.0.0' || via.address === '::') return;
  intent.routes.push({ ...routeOf(entry, family, link), via: via.address, form: 'gateway' });
}

/** `198.51.100.0/24,192.0.2.193,100`: a prefix, its gateway and its metric, of which the last two may be missing. */
function addRoute(entry: PlacedEntry, text: string, options: string, link: string, intent: NetworkIntent): void {
  const [to = '', gateway = '', metric = ''] = text.split(',').map((part) => part.trim());
  const target = readDestination(to);
  const via = gateway === '' ? null : readAddress(gateway);
  const words = options.split(',').map((option) => option.trim().split('='));
  const unknown = words.find(([key = '']) => key !== '' && !ROUTE_OPTIONS.has(key));
  if (target === null || (via !== null && via.family !== target.family) || (gateway !== '' && via === null)) {
    note(entry, intent, 'not a prefix with a gateway of its family');
    return;
  }
  if (unknown !== undefined) {
    note(entry, intent, `it has the option ${unknown[0]}: kept, and not planned with`);
    return;
  }
  const isAny = via?.address === '0.0.0.0' || via?.address === '::';
  intent.routes.push({
    ...routeOf(entry, target.family, link),
    destination: target.destination,
    via: isAny ? null : (via?.address ?? null),
    metric: metric === '' ? null : Number(metric),
    isOnLink: words.some(([key, value]) => key === 'onlink' && value === 'true'),
  });
}

function routeOf({ path, line }: PlacedEntry, family: Family, link: string): NetworkIntent['routes'][number] {
  const place = { link, context: link, spot: { path, line } };
  return {
    ...place,
    family,
    destination: 'default',
    type: 'unicast',
    via: null,
    metric: null,
    isOnLink: false,
    form: 'route',
  };
}

function note({ key, path, line }: PlacedEntry, intent: NetworkIntent, why: string): void {
  intent.notUnderstood.push({ spot: { path, line }, text: key, why });
}
