import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4, parseIpv6 } from '../base/address.ts';
import { unwrap } from '../base/parsed.ts';
import { parsePublish } from '../model/published-port.ts';
import { checkPublished, publishedOverlap } from './nat-published.ts';

const ports = (...texts: string[]) => texts.map((text) => unwrap(parsePublish(text)));
const addresses = { ipv4: unwrap(parseIpv4('10.0.0.2')), ipv6: unwrap(parseIpv6('fd00::2')) };
const rules = (wanted: string[], taken: string[], strangers: string[] = []) =>
  checkPublished(ports(...wanted), { takenByGuests: ports(...taken), addresses, strangers }).map(
    ({ path, rule }) => `${path}: ${rule}`,
  );

test('ports that differ in protocol, number or address live side by side', () => {
  assert.deepEqual(rules(['80:80', '80:80/udp', '81:80'], ['82:80', '[2001:db8::1]:83:80']), []);
  assert.deepEqual(rules(['127.0.0.1:80:80'], ['192.0.2.1:80:80']), []);
});

test('the same port twice, also by way of "every address", is refused', () => {
  assert.deepEqual(rules(['80:80', '127.0.0.1:80:81'], []), ['publish[1]: must be published only once']);
  assert.deepEqual(rules(['127.0.0.1:80:80'], ['80:80']), ['publish[0]: must not be published by another guest']);
});

test('an address of a family that the guest does not have is refused', () => {
  const facts = { takenByGuests: [], addresses: { ...addresses, ipv6: null }, strangers: [] };
  const wanted = ports('[2001:db8::1]:80:80', '127.0.0.1:80:80', '81:80', '[::]:82:80', '0.0.0.0:82:80');
  assert.deepEqual(
    checkPublished(wanted, facts).map(({ path }) => path),
    ['publish[0]', 'publish[3]'],
  );
});

test('the loopback address of IPv6 is refused: no packet can leave it', () => {
  assert.match(rules(['[::1]:80:80'], [])[0] ?? '', /use 127\.0\.0\.1/);
});

test('a wildcard is every address of its family, and of no other', () => {
  const overlap = (a: string, b: string) => {
    const [first, second] = ports(a, b);
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(publishedOverlap(first, second), publishedOverlap(second, first));
    return publishedOverlap(first, second);
  };
  for (const other of ['192.0.2.1:80:22', '0.0.0.0:80:23', '*:80:22', '80:22', '127.0.0.1:80:22'])
    assert.equal(overlap('0.0.0.0:80:80', other), true, other);
  for (const other of ['[2001:db8::1]:80:22', '[::]:80:23', ':::80:23', '80:22'])
    assert.equal(overlap('[::]:80:80', other), true, other);
  for (const other of ['[2001:db8::1]:80:22', '[::]:80:80', '192.0.2.1:81:22', '0.0.0.0:80:80/udp'])
    assert.equal(overlap('0.0.0.0:80:80', other), false, other);
  assert.deepEqual(rules(['0.0.0.0:80:80', '192.0.2.1:80:81'], []), ['publish[1]: must be published only once']);
  assert.deepEqual(rules(['0.0.0.0:80:80', '[::]:80:81'], []), []);
});

test('an address that no packet can come to, or that is none of the host’s, is refused', () => {
  const bad = ['[fe80::1]:80:80', '224.0.0.1:80:80', '255.255.255.255:80:80', '0.0.0.1:80:80', '[ff02::1]:80:80'];
  for (const text of bad) assert.equal(rules([text], []).length, 1, text);
  assert.match(rules(['198.51.100.1:80:80'], [], ['198.51.100.1'])[0] ?? '', /an address that the host has/);
  assert.deepEqual(rules(['169.254.1.1:80:80', '127.0.0.1:80:80'], []), []);
});

test('what comes by the API is judged too', () => {
  const port = { protocol: 'tcp', hostPort: 80, guestPort: 80 } as const;
  for (const text of ['x; drop', '::0', '::ffff:192.0.2.1', '2001:DB8::1', '*', ''])
    assert.equal(
      checkPublished([{ ...port, hostAddress: text as never }], { takenByGuests: [], addresses, strangers: [] }).length,
      1,
      text,
    );
});
