import { parseIpv4, parseIpv6 } from '../base/address.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import type { PublishedPort } from '../model/guest.ts';

/**
 * Reads `[ADDRESS:]HOST:GUEST[/PROTOCOL]`:
 *
 *     8080:80 -> tcp, every address     203.0.113.2:53:53/udp     [2001:db8::1]:443:443
 */
export function parsePublish(text: string): Parsed<PublishedPort> {
  const match = /^(?:(\[[^\]]*\]|[^:[\]]+):)?(\d{1,5}):(\d{1,5})(?:\/([a-z]+))?$/.exec(text);
  const [, address, host, guest, protocol = 'tcp'] = match ?? [];
  if (host === undefined || guest === undefined) return rejected('HOST:GUEST, two ports such as 8080:80');
  const hostPort = Number(host);
  const guestPort = Number(guest);
  if ([hostPort, guestPort].some((port) => port < 1 || port > 65_535)) return rejected('two ports from 1 to 65535');
  if (protocol !== 'tcp' && protocol !== 'udp') return rejected('of protocol tcp or udp');
  if (address === undefined) return parsed({ protocol, hostAddress: null, hostPort, guestPort });
  const hostAddress = address.startsWith('[') ? parseIpv6(address.slice(1, -1)) : parseIpv4(address);
  if (!hostAddress.ok) return rejected(`${hostAddress.reason} before the ports`);
  return parsed({ protocol, hostAddress: hostAddress.value, hostPort, guestPort });
}

/** `[2001:db8::1]:443:443/udp`, as it would be typed. */
export function formatPublish({ protocol, hostAddress, hostPort, guestPort }: PublishedPort): string {
  const address = hostAddress === null ? '' : hostAddress.includes(':') ? `[${hostAddress}]:` : `${hostAddress}:`;
  return `${address}${hostPort}:${guestPort}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}
