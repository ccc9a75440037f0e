import { unwrap } from '../../src/base/parsed.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import { parsePublish } from '../../src/model/published-port.ts';

export const GOLDEN_NETWORK = {
  tableName: 'lodge',
  ipv4Prefix: '10.83.16.0/20',
  ipv4Gateway: '10.83.16.1',
  ipv6Prefix: 'fd12:3456:789a::/64',
  ipv6Gateway: 'fe80::1',
  ipv6Dns: 'fd12:3456:789a::53',
} as NatNetwork;

function guest(number: number, families: { ipv4: boolean; ipv6: boolean }, ...publish: string[]): NatGuest {
  return {
    name: `web${number}`,
    nic: {
      link: 'nat',
      mac: `52:54:00:00:00:0${number}` as never,
      tap: `lg8b070000000${number}`,
      ipv4: families.ipv4 ? (`10.83.16.${number + 1}` as never) : null,
      ipv6: families.ipv6 ? (`fd12:3456:789a:0:5054:ff:fe00:${number}` as never) : null,
      publish: publish.map((text) => unwrap(parsePublish(text))),
    },
  };
}

const both = { ipv4: true, ipv6: true };

/** Guests whose rulesets are in `test/golden/nat`. */
export const GOLDEN_GUESTS = {
  'one-guest': [guest(1, both)],
  'single-families': [guest(1, { ipv4: true, ipv6: false }), guest(2, { ipv4: false, ipv6: true })],
  'published-ports': [
    guest(1, both, '8080:80', '53:53/udp', '127.0.0.1:8081:80', '[2001:db8::1]:8080:80'),
    guest(2, both, '192.0.2.1:22022:22', '0.0.0.0:8083:80', '[::]:8084:80'),
  ],
} satisfies Record<string, NatGuest[]>;
