import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv6Routes } from './ipv6-default-routes.ts';

const ZERO = '0'.repeat(32);
const line = (destination: string, length: string, flags: string, dev: string) =>
  `${destination} ${length} ${ZERO} 00 fe800000000000000000000000000001 00000400 00000002 00000000 ${flags} ${dev}`;

test('default routes are found, the learned told from the set ones, unreachable ones left out', () => {
  const text = [
    line(ZERO, '00', '00450003', 'eth0'),
    line(ZERO, '00', '00000003', 'eth1'),
    line(ZERO, '00', '00200200', 'lo'),
    line('fe800000000000000000000000000000', '40', '00000001', 'eth0'),
  ].join('\n');
  assert.deepEqual(parseIpv6Routes(text), [
    { dev: 'eth0', isLearned: true },
    { dev: 'eth1', isLearned: false },
  ]);
  assert.deepEqual(parseIpv6Routes(''), []);
});
