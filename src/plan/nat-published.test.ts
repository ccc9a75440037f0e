import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../base/address.ts';
import { unwrap } from '../base/parsed.ts';
import { parsePublish } from '../model/published-port.ts';
import { checkPublished } from './nat-published.ts';

const ports = (...texts: string[]) => texts.map((text) => unwrap(parsePublish(text)));
const rules = (wanted: string[], taken: string[]) =>
  checkPublished(ports(...wanted), ports(...taken)).map(({ path, rule }) => `${path}: ${rule}`);

test('ports that differ in protocol, number or address live side by side', () => {
  assert.deepEqual(rules(['80:80', '80:80/udp', '81:80'], ['82:80', '[2001:db8::1]:83:80']), []);
  assert.deepEqual(rules(['127.0.0.1:80:80'], ['192.0.2.1:80:80']), []);
});

test('the same port twice, also by way of "every address", is refused', () => {
  assert.deepEqual(rules(['80:80', '127.0.0.1:80:81'], []), ['publish[1]: must be published only once']);
  assert.deepEqual(rules(['127.0.0.1:80:80'], ['80:80']), ['publish[0]: must not be published by another guest']);
});

test('an address of a family that the guest does not have is refused', () => {
  const addresses = { ipv4: unwrap(parseIpv4('10.0.0.2')), ipv6: null };
  assert.equal(checkPublished(ports('[2001:db8::1]:80:80', '127.0.0.1:80:80', '81:80'), [], addresses).length, 1);
});

test('the loopback address of IPv6 is refused: no packet can leave it', () => {
  assert.match(rules(['[::1]:80:80'], [])[0] ?? '', /use 127\.0\.0\.1/);
});
