import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePing } from './ping.ts';

const SAYINGS: [string, ReturnType<typeof parsePing>][] = [
  ['64 bytes from 192.0.2.1: icmp_seq=1 ttl=63 time=0.1 ms', { kind: 'reply' }],
  ['[1795542631.293862] 64 bytes from 2001:db8::1: icmp_seq=2 ttl=63 time=0.1 ms', { kind: 'reply' }],
  ['From 192.0.2.200 icmp_seq=1 Destination Host Unreachable', { kind: 'unreachable', from: '192.0.2.200' }],
  ['From 2001:db8::2 icmp_seq=1 Destination unreachable: No route', { kind: 'unreachable', from: '2001:db8::2' }],
  ['From 192.0.2.200 icmp_seq=1 Time to live exceeded', { kind: 'loop', from: '192.0.2.200' }],
  ['From 2001:db8::2: icmp_seq=1 Time exceeded: Hop limit', { kind: 'loop', from: '2001:db8::2' }],
  ['ping: connect: Network is unreachable', { kind: 'unreachable', from: 'itself' }],
  ['1 packets transmitted, 0 received, 100% packet loss, time 0ms', { kind: 'silent' }],
];

test('what ping says becomes an answer', () => {
  for (const [said, answer] of SAYINGS) assert.deepEqual(parsePing(`PING 192.0.2.9\n${said}\n`), answer, said);
});
