import { parseIpv4, parseIpv6 } from '../base/address.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import type { PublishedPort } from './guest.ts';

const RULE = 'a published port such as 8080:80, 127.0.0.1:8080:80, [2001:db8::1]:8080:80 or 53:53/udp';

/**
 * Reads `[ADDRESS:]HOSTPORT:GUESTPORT[/tcp|/udp]`.
 *
 *     8080:80           -> tcp, every address of the host
 *     [2001:db8::1]:53:53/udp -> udp, that address only
 */
export function parsePublish(text: string): Parsed<PublishedPort> {
  const match = /^(?:(?:\[([^\]]+)\]|([^:/[\]]+)):)?(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text.trim());
  if (match === null) return rejected(RULE);
  const [, v6, v4, hostText, guestText, protocol] = match;
  const hostPort = Number(hostText);
  const guestPort = Number(guestText);
  if (!isPort(hostPort) || !isPort(guestPort)) return rejected('ports between 1 and 65535');
  const address = v6 !== undefined ? parseIpv6(v6) : v4 !== undefined ? parseIpv4(v4) : parsed(null);
  if (!address.ok) return rejected(`a published port whose host address is ${address.reason}`);
  return parsed({
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    hostAddress: address.value,
    hostPort,
    guestPort,
  });
}

/** The text `parsePublish` reads: `8080:80`, `[::1]:8080:80/udp`. */
export function formatPublish(port: PublishedPort): string {
  const { hostAddress, hostPort, guestPort, protocol } = port;
  const host = hostAddress === null ? '' : hostAddress.includes(':') ? `[${hostAddress}]:` : `${hostAddress}:`;
  return `${host}${hostPort}:${guestPort}${protocol === 'udp' ? '/udp' : ''}`;
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}
