import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrap } from '../base/parsed.ts';
import { formatPublish, parsePublish } from './published-port.ts';

const GOOD = [
  '8080:80',
  '127.0.0.1:8080:80',
  '[::1]:8080:80',
  '53:53/udp',
  '[2001:db8::1]:53:53/udp',
  '0.0.0.0:80:80',
  '[::]:80:80',
];
const BAD = [
  '[127.0.0.1]:80:80',
  '[*]:80:80',
  '::::80:80',
  '[fe80::1%eth0]:80:80',
  '',
  '80',
  '0:80',
  '80:0',
  '65536:80',
  '8080:80/sctp',
  '::1:8080:80',
  '256.0.0.1:1:1',
  '[x]:1:1',
  'a:b',
  '80:80:',
];

for (const text of GOOD) {
  test(`${text} is read and written back as it was`, () => {
    assert.equal(formatPublish(unwrap(parsePublish(text))), text);
  });
}

for (const text of BAD) {
  test(`'${text}' is refused`, () => assert.equal(parsePublish(text).ok, false));
}

test('the parts land where they belong', () => {
  assert.deepEqual(unwrap(parsePublish('[2001:DB8::1]:8053:53/udp')), {
    protocol: 'udp',
    hostAddress: '2001:db8::1',
    hostPort: 8053,
    guestPort: 53,
  });
});

for (const [typed, shown] of [
  ['*:80:80', '80:80'],
  [':::80:80', '[::]:80:80'],
  ['[0:0::0]:80:80/udp', '[::]:80:80/udp'],
  ['[::ffff:192.0.2.1]:80:80', '192.0.2.1:80:80'],
  ['[::ffff:0.0.0.0]:80:80', '0.0.0.0:80:80'],
] as const) {
  test(`${typed} is shown as ${shown}`, () => assert.equal(formatPublish(unwrap(parsePublish(typed))), shown));
}
