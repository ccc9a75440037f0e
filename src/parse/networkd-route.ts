import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import type { Family } from '../model/network-facts.ts';
import type { SourceSpot } from '../model/network-intent.ts';
import { lastOf, type PlacedSection } from './networkd-files.ts';
import { HARMLESS_ROUTE_KEYS } from './networkd-keys.ts';
import type { NetworkReading } from './networkd-network.ts';
import { readAddress, readBoolean, readDestination } from './networkd-values.ts';

type Route = NetworkReading['routes'][number];

const READ = new Set(['Gateway', 'Destination', 'Metric', 'GatewayOnLink', 'GatewayOnlink', 'Type', 'Table']);
/** Types whose route has no link: the kernel answers itself. */
const LINKLESS = new Set(['unreachable', 'blackhole', 'prohibit', 'throw']);

/** `Gateway=` of [Network]: a default route through it. `0.0.0.0` and `::`: one that names the link alone. */
export function readGateway(value: string, spot: SourceSpot): Parsed<Route> {
  const via = readVia(value);
  if (!via.ok) return via;
  const { family, address } = via.value;
  return parsed({ ...base(family, spot), via: address, form: 'gateway' });
}

/** A [Route] section. A reason says why it is not among the routes that are planned with. */
export function readRoute(section: PlacedSection): Parsed<Route> {
  const value = (key: string) => lastOf(section.entries, key)?.value ?? null;
  const unknown = section.entries.find(({ key }) => !READ.has(key) && !HARMLESS_ROUTE_KEYS.has(key));
  if (unknown !== undefined) return rejected(`${unknown.key}= is no key of [Route] that Lodge plans with`);
  const table = value('Table');
  if (table !== null && table !== 'main' && table !== '254') {
    return rejected(`it is of the table ${table}: kept, and not planned with`);
  }
  const gateway = value('Gateway');
  const via = gateway === null ? null : readVia(gateway);
  if (via !== null && !via.ok) return via;
  const to = value('Destination');
  const destination = to === null ? null : readDestination(to);
  if (to !== null && destination === null) return rejected('the destination is not a prefix');
  const family = via?.value.family ?? destination?.family ?? null;
  if (family === null) return rejected('it has neither Gateway= nor Destination=');
  if (destination !== null && destination.family !== family) return rejected('its gateway is of another family');
  const type = value('Type') ?? 'unicast';
  const metric = value('Metric');
  if (metric !== null && !/^\d+$/.test(metric)) return rejected('the metric is not a number');
  return parsed({
    ...base(family, { path: section.path, line: section.line }),
    destination: destination?.destination ?? 'default',
    type,
    via: via?.value.address ?? null,
    hasLink: !LINKLESS.has(type),
    metric: metric === null ? null : Number(metric),
    isOnLink: readBoolean(value('GatewayOnLink') ?? value('GatewayOnlink') ?? 'no') ?? false,
  });
}

function readVia(value: string): Parsed<{ family: Family; address: string | null }> {
  if (value.startsWith('_')) return rejected('the gateway is the one that DHCP or an advertisement names');
  const read = readAddress(value);
  if (read === null || read.prefixLength !== null) return rejected('the gateway is not an address');
  const isAny = read.address === '0.0.0.0' || read.address === '::';
  return parsed({ family: read.family, address: isAny ? null : read.address });
}

function base(family: Family, spot: SourceSpot): Route {
  return {
    family,
    destination: 'default',
    type: 'unicast',
    via: null,
    hasLink: true,
    metric: null,
    isOnLink: false,
    form: 'route',
    spot,
  };
}
