import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGuest, newNetwork } from '../../test/support/nat-twin.ts';
import { withoutStaleLeases } from './leases.ts';

const web1 = newGuest(newNetwork(''), 1);
const { ipv4, ipv6 } = web1.nic;
const DHCPV6 = `duid 00:01:00:01\n1764239530 5 ${ipv6} web1 00:03:00:01\n`;

test('a lease of a guest that is gone is taken out when its address is another guest’s, and nothing else', () => {
  const own = `1764239530 52:54:00:00:00:01 ${ipv4} web1 *\n`;
  const other = '1764239530 52:54:00:00:00:09 192.0.2.9 web9 *\n';
  const stale = `1764239530 52:54:00:00:00:02 ${ipv4} web2 *\n`;
  assert.equal(withoutStaleLeases(own + other + DHCPV6, [web1]), null);
  assert.equal(withoutStaleLeases('', [web1]), null);
  assert.equal(withoutStaleLeases(stale + other + DHCPV6, [web1]), other + DHCPV6);
});
