import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import type { Family } from '../model/network-facts.ts';
import type { IntentRoute, NetworkIntent, SourceSpot } from '../model/network-intent.ts';
import type { NetplanDefinition } from './netplan-definitions.ts';
import { HARMLESS_KEYS, SECRET_KEYS } from './netplan-keys.ts';
import { childOf, entriesOfMap, itemsOf, type NetplanNode, plain, textOf } from './netplan-tree.ts';
import type { NetworkReading } from './networkd-network.ts';
import { readAddress, readDestination } from './networkd-values.ts';

type Reading = Pick<NetworkReading, 'addresses' | 'routes' | 'dynamic' | 'notUnderstood'>;

const ROUTE_KEYS = new Set(
  'to via from on-link metric type scope table mtu congestion-window advertised-receive-window advmss'.split(' '),
);
const LINKLESS = new Set(['unreachable', 'blackhole', 'prohibit', 'throw']);

/** Addresses, routes and the like that a definition gives its links. What is not understood is named without secrets. */
export function readDefinition({ id, group, node }: NetplanDefinition): Reading {
  const reading: Reading = { addresses: [], routes: [], dynamic: [], notUnderstood: [] };
  for (const [key, value] of entriesOfMap(node)) {
    switch (key) {
      case 'addresses':
        for (const item of itemsOf(value)) addAddress(item, reading);
        break;
      case 'gateway4':
      case 'gateway6':
        addGateway(key, value, reading);
        break;
      case 'routes':
        for (const item of itemsOf(value)) addRoute(item, group === 'vrfs', reading);
        break;
      case 'dhcp4':
      case 'dhcp6':
      case 'accept-ra':
        addDynamic(key, value, reading);
        break;
      case 'mtu':
      case 'macaddress':
        break;
      default:
        if (HARMLESS_KEYS.has(key)) break;
        note(reading, value.spot, `${id}: ${key}${isShown(group, key) ? `: ${plain(value)}` : ''}`, whyKey(key));
    }
  }
  return reading;
}

/** netplan's words, which are fewer than YAML's and systemd's. */
export function readNetplanBoolean(text: string | null): boolean | null {
  const word = (text ?? '').toLowerCase();
  if (['true', 'on', 'yes', 'y'].includes(word)) return true;
  return ['false', 'off', 'no', 'n'].includes(word) ? false : null;
}

function isShown(group: string, key: string): boolean {
  return ['ethernets', 'bridges', 'bonds', 'vlans'].includes(group) && !SECRET_KEYS.has(key);
}

function whyKey(key: string): string {
  if (key === 'routing-policy') return 'rules of policy routing are kept and not planned with';
  if (SECRET_KEYS.has(key)) return 'it holds secrets: kept, and not looked into';
  return 'no key of netplan that Lodge plans with';
}

function addAddress(item: NetplanNode, reading: Reading): void {
  // `- 192.0.2.1/24: {lifetime: 0}` is a map of one key.
  const text = item.kind === 'map' ? (entriesOfMap(item)[0]?.[0] ?? '') : (textOf(item) ?? '');
  const read = readAddress(text);
  if (read === null || read.prefixLength === null) {
    note(reading, item.spot, plain(item), 'not an address with its prefix length');
    return;
  }
  const { family, address, prefixLength } = read;
  reading.addresses.push({ family, address, prefixLength, peer: null, spot: item.spot });
}

function addGateway(key: 'gateway4' | 'gateway6', value: NetplanNode, reading: Reading): void {
  const family: Family = key === 'gateway4' ? 'ipv4' : 'ipv6';
  const read = readAddress(textOf(value) ?? '');
  if (read?.family !== family || read.prefixLength !== null) {
    note(reading, value.spot, `${key}: ${plain(value)}`, 'not an address of its family');
    return;
  }
  reading.routes.push({ ...defaultRoute(family, value.spot), via: read.address, form: 'gateway' });
}

function addDynamic(key: 'dhcp4' | 'dhcp6' | 'accept-ra', value: NetplanNode, reading: Reading): void {
  const isOn = readNetplanBoolean(textOf(value));
  if (isOn === null) note(reading, value.spot, `${key}: ${plain(value)}`, 'neither true nor false');
  if (isOn !== true) return;
  const family = key === 'dhcp4' ? 'ipv4' : 'ipv6';
  reading.dynamic.push({ family, method: key === 'accept-ra' ? 'ra' : 'dhcp', spot: value.spot });
}

function addRoute(item: NetplanNode, isOfVrf: boolean, reading: Reading): void {
  const route = isOfVrf ? rejected<Reading['routes'][number]>('it is of the table of a VRF') : readRoute(item);
  if (route.ok) reading.routes.push(route.value);
  else note(reading, item.spot, plain(item), route.reason);
}

function readRoute(item: NetplanNode): Parsed<Reading['routes'][number]> {
  const value = (key: string) => textOf(childOf(item, key));
  const unknown = entriesOfMap(item).find(([key]) => !ROUTE_KEYS.has(key));
  if (unknown !== undefined) return rejected(`${unknown[0]} is no key of a route that Lodge plans with`);
  const table = value('table');
  if (table !== null && table !== '254') return rejected(`it is of the table ${table}: kept, and not planned with`);
  const via = value('via');
  const gateway = via === null ? null : readAddress(via);
  if (via !== null && (gateway === null || gateway.prefixLength !== null)) return rejected(`via: ${via} is no address`);
  const target = readTarget(value('to'), gateway?.family ?? null);
  if (target === null) return rejected('to: is neither default nor a prefix');
  if (gateway !== null && gateway.family !== target.family) return rejected('its gateway is of another family');
  const type = value('type') ?? 'unicast';
  const metric = value('metric');
  if (metric !== null && !/^\d+$/.test(metric)) return rejected(`metric: ${metric} is not a number`);
  return parsed({
    ...defaultRoute(target.family, item.spot),
    destination: target.destination,
    type,
    via: gateway?.address ?? null,
    hasLink: !LINKLESS.has(type),
    metric: metric === null ? null : Number(metric),
    isOnLink: readNetplanBoolean(value('on-link')) ?? false,
  });
}

function readTarget(to: string | null, family: Family | null): { family: Family; destination: string } | null {
  if (to === 'default') return { family: family ?? 'ipv4', destination: 'default' };
  return to === null ? null : readDestination(to);
}

function defaultRoute(family: Family, spot: SourceSpot): Reading['routes'][number] {
  const form: IntentRoute['form'] = 'route';
  return {
    family,
    destination: 'default',
    type: 'unicast',
    via: null,
    hasLink: true,
    metric: null,
    isOnLink: false,
    form,
    spot,
  };
}

function note(reading: { notUnderstood: NetworkIntent['notUnderstood'] }, spot: SourceSpot, text: string, why: string) {
  reading.notUnderstood.push({ spot, text, why });
}
