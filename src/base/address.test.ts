import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import {
  ipv4FromNumber,
  ipv4PrefixContains,
  ipv4PrefixesOverlap,
  ipv4Range,
  ipv4ToNumber,
  ipv6FromBigInt,
  ipv6ToBigInt,
  linkLocalFromMac,
  parseIpv4,
  parseIpv4Prefix,
  parseIpv6,
  parseIpv6Prefix,
  parseMac,
} from './address.ts';
import { unwrap } from './parsed.ts';

const ipv4Number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const ipv6Number = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
/** A prefix made without the code under test: ipaddr.js clears the host bits. */
const ipv4Prefix = fc.tuple(ipv4Number, fc.integer({ min: 0, max: 32 })).map(([number, bits]) => {
  const text = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
  return `${ipaddr.IPv4.networkAddressFromCIDR(`${text}/${bits}`).toString()}/${bits}`;
});

test('IPv4: numbers and texts are the same thing, and ipaddr.js reads the text as we do', () => {
  fc.assert(
    fc.property(ipv4Number, (number) => {
      const text = ipv4FromNumber(number);
      assert.equal(ipv4ToNumber(unwrap(parseIpv4(text))), number);
      const bytes = ipaddr.IPv4.parse(text).octets;
      assert.equal(
        bytes.reduce((sum, byte) => sum * 256 + byte, 0),
        number,
      );
    }),
  );
});

test('IPv6: every number survives the text, which is the one RFC 5952 asks for', () => {
  fc.assert(
    fc.property(ipv6Number, (number) => {
      const text = ipv6FromBigInt(number);
      assert.equal(ipv6ToBigInt(text), number);
      assert.equal(unwrap(parseIpv6(text)), text);
      assert.deepEqual(ipaddr.IPv6.parse(text).toByteArray(), bytesOf(number));
      assert.equal(text, ipaddr.IPv6.parse(text).toRFC5952String());
    }),
  );
});

function bytesOf(number: bigint): number[] {
  return Array.from({ length: 16 }, (_, index) => Number((number >> BigInt(8 * (15 - index))) & 255n));
}

test('IPv6: however it is written, it is one address', () => {
  fc.assert(
    fc.property(ipv6Number, (number) => {
      const long = ipaddr.IPv6.parse(ipv6FromBigInt(number)).toNormalizedString().toUpperCase();
      assert.equal(ipv6ToBigInt(unwrap(parseIpv6(long))), number);
    }),
  );
});

test('what is no IPv4 address for ipaddr.js is none for us', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-fx.]{1,17}$/), (text) => {
      const { ok } = parseIpv4(text);
      if (ok) assert.ok(ipaddr.IPv4.isValidFourPartDecimal(text), text);
      if (!ipaddr.isValid(text)) assert.equal(ok, false, text);
    }),
  );
});

test('a prefix contains what ipaddr.js says it contains', () => {
  fc.assert(
    fc.property(ipv4Prefix, ipv4Number, fc.boolean(), (text, other, inside) => {
      const prefix = unwrap(parseIpv4Prefix(text));
      const { first, size } = ipv4Range(prefix);
      const address = ipv4FromNumber(inside ? first + (other % size) : other);
      const expected = ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(text));
      assert.equal(ipv4PrefixContains(prefix, address), expected);
      if (inside) assert.equal(expected, true);
    }),
  );
});

test('two prefixes overlap when one holds the other, in both orders', () => {
  fc.assert(
    fc.property(ipv4Prefix, ipv4Prefix, (left, right) => {
      const a = ipaddr.IPv4.parseCIDR(left);
      const b = ipaddr.IPv4.parseCIDR(right);
      const bits = Math.min(a[1], b[1]);
      const expected = a[0].match(b[0], bits);
      const [x, y] = [unwrap(parseIpv4Prefix(left)), unwrap(parseIpv4Prefix(right))];
      assert.deepEqual([ipv4PrefixesOverlap(x, y), ipv4PrefixesOverlap(y, x)], [expected, expected]);
    }),
  );
});

test('host bits are refused, and the prefix that was meant is named', () => {
  const rejected = parseIpv4Prefix('10.83.1.0/20');
  assert.ok(!rejected.ok && rejected.reason.includes('10.83.0.0/20'));
  assert.equal(parseIpv6Prefix('2001:db8::1/64').ok, false);
  assert.equal(unwrap(parseIpv6Prefix('2001:DB8:0::/64')), '2001:db8::/64');
  assert.equal(unwrap(parseIpv6Prefix('::/0')), '::/0');
  assert.equal(unwrap(parseIpv4Prefix('0.0.0.0/0')), '0.0.0.0/0');
});

test('texts that look like addresses and are none', () => {
  for (const text of ['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.4/24', ' 1.2.3.4', '0x1.2.3.4', '1.2.3.-4']) {
    assert.equal(parseIpv4(text).ok, false, `"${text}"`);
  }
  for (const text of ['', '::1%eth0', '2001:db8::/64', '1::2::3', 'g::', '1.2.3.4', '1:2:3:4:5:6:7:8:9']) {
    assert.equal(parseIpv6(text).ok, false, `"${text}"`);
  }
  for (const text of ['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8.5', 'x/8']) {
    assert.equal(parseIpv4Prefix(text).ok, false, `"${text}"`);
  }
});

test('a MAC address has one form; multicast and zero are refused', () => {
  assert.equal(unwrap(parseMac(' 52-54-00-AB-cd-01 ')), '52:54:00:ab:cd:01');
  for (const text of [
    '',
    '52:54:00:ab:cd',
    '53:54:00:ab:cd:01',
    '00:00:00:00:00:00',
    'ff:ff:ff:ff:ff:ff',
    '52:54:00:ab:cd:0g',
  ])
    assert.equal(parseMac(text).ok, false, `"${text}"`);
});

test('the link-local address of a MAC', () => {
  assert.equal(linkLocalFromMac(unwrap(parseMac('52:54:00:12:34:56'))), 'fe80::5054:ff:fe12:3456');
  assert.equal(linkLocalFromMac(unwrap(parseMac('00:16:3e:00:00:01'))), 'fe80::216:3eff:fe00:1');
});
