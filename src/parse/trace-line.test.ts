import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTraceLine } from './trace-line.ts';

const AT = { id: '99a53993', family: 'inet', table: 'x', chain: 'd' };

test('a rule is as its owner wrote it, with its handle and its verdict', () => {
  const text = 'tcp dport 23  counter packets 0 bytes 0 reject comment "no (really)"';
  assert.deepEqual(parseTraceLine(`trace id 99a53993 inet x d rule ${text} # handle 4 (verdict drop)`), {
    ...AT,
    kind: 'rule',
    rule: 'tcp dport 23 counter reject comment "no (really)"',
    handle: 4,
    verdict: 'drop',
  });
  assert.deepEqual(parseTraceLine('trace id 99a53993 inet x d policy drop '), {
    ...AT,
    kind: 'policy',
    verdict: 'drop',
  });
  assert.equal(parseTraceLine('add table inet x'), null);
});

test('a packet is read from its fields, and from bare numbers where nft knows no better', () => {
  const packet = {
    oif: null,
    from: '192.175.48.1',
    to: '192.0.2.200',
    protocol: 'tcp',
    sourcePort: 40_001,
    targetPort: 22,
    icmpType: null,
  };
  const fields =
    'iif "upl" ether saddr 02:00:00:00:00:01 ip saddr 192.175.48.1 ip daddr 192.0.2.200 ip protocol tcp tcp sport 40001 tcp dport 22';
  assert.deepEqual(parseTraceLine(`trace id 99a53993 inet x d packet: ${fields} `), {
    ...AT,
    kind: 'packet',
    packet: { ...packet, iif: 'upl' },
  });
  const raw =
    'oif "upl" @nh,0,160 0x450000280001400040060000c0af3001c00002c8 @th,0,160 0x9c41001600000001000000005002fff000000000';
  assert.deepEqual(parseTraceLine(`trace id 99a53993 inet x d packet: ${raw} `), {
    ...AT,
    kind: 'packet',
    packet: { ...packet, iif: null, oif: 'upl' },
  });
});
