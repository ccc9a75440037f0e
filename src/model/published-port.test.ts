import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrap } from '../base/parsed.ts';
import { formatPublish, parsePublish } from './published-port.ts';

const GOOD = ['8080:80', '127.0.0.1:8080:80', '[::1]:8080:80', '53:53/udp', '[2001:db8::1]:53:53/udp'];
const BAD = [
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
