import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrap } from '../../base/parsed.ts';
import { parseListener } from '../../host/listeners.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import { parsePublish } from '../../model/published-port.ts';
import { isInTheWay } from './host-ports.ts';

const network = { ipv4Gateway: '10.0.0.1', ipv6Gateway: 'fe80::1', ipv6Dns: 'fd00::53' } as NatNetwork;

function inTheWay(publish: string, listening: string): boolean {
  const [listener] = parseListener(`tcp LISTEN 0 1 ${listening} 0.0.0.0:*`);
  assert.ok(listener !== undefined);
  return isInTheWay(listener, unwrap(parsePublish(publish)), network);
}

test('a program is in the way when a packet could be meant for both', () => {
  assert.equal(inTheWay('80:80', '127.0.0.1:80'), true);
  assert.equal(inTheWay('192.0.2.1:80:80', '0.0.0.0:80'), true);
  assert.equal(inTheWay('[2001:db8::1]:80:80', '*:80'), true);
  assert.equal(inTheWay('192.0.2.1:80:80', '[::]:80'), true);
  assert.equal(inTheWay('192.0.2.1:80:80', '192.0.2.1:80'), true);
  assert.equal(inTheWay('0.0.0.0:80:80', '192.0.2.1:80'), true);
  assert.equal(inTheWay('0.0.0.0:80:80', '*:80'), true);
  assert.equal(inTheWay('[::]:80:80', '[2001:db8::1]:80'), true);
});

test('another port, protocol, address or family is not, nor our own DNS server', () => {
  assert.equal(inTheWay('81:80', '127.0.0.1:80'), false);
  assert.equal(inTheWay('80:80/udp', '127.0.0.1:80'), false);
  assert.equal(inTheWay('192.0.2.1:80:80', '127.0.0.1:80'), false);
  assert.equal(inTheWay('[2001:db8::1]:80:80', '0.0.0.0:80'), false);
  assert.equal(inTheWay('53:53', '10.0.0.1:53'), false);
  assert.equal(inTheWay('0.0.0.0:80:80', '[2001:db8::1]:80'), false);
  assert.equal(inTheWay('[::]:80:80', '0.0.0.0:80'), false);
});
