import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HopReport, PacketStop } from '../../model/packet-report.ts';
import { mergeTrials } from './merge-trials.ts';

const SILENCE: PacketStop = {
  cause: { kind: 'kernel', reason: 'it reached the host, and nothing there answered', fix: null },
  side: 'from-guest',
  isAnswer: false,
};
const NO_FORWARDING: PacketStop = {
  ...SILENCE,
  cause: { kind: 'kernel', reason: 'eth0 does not forward IPv4', fix: 'sysctl -w net.ipv4.ip_forward=1' },
};

function hop(name: HopReport['hop'], stop: PacketStop | null, link: string | null = null): HopReport {
  return { hop: name, family: 'ipv4', link, outcome: stop === null ? 'passed' : 'stopped', reason: null, stop };
}
const merged = (first: HopReport[], second: HopReport[]) =>
  mergeTrials({ hops: first, fixes: [], taken: null }, { hops: second, fixes: [], taken: null }).hops.map(
    ({ outcome }) => outcome,
  );

test('a silence counts when it comes twice, and not when another conversation was silent the first time', () => {
  assert.deepEqual(merged([hop('dhcp', SILENCE)], [hop('dhcp', SILENCE)]), ['stopped']);
  assert.deepEqual(merged([hop('dhcp', SILENCE)], [hop('dhcp', null)]), ['passed']);
  const first = [hop('dhcp', SILENCE), hop('ping', null)];
  assert.deepEqual(merged(first, [hop('dhcp', null), hop('ping', SILENCE)]), ['passed', 'passed']);
});

test('what the second trial can explain counts, and what passes by one uplink says nothing of another', () => {
  assert.deepEqual(merged([hop('out', null, 'eth0')], [hop('out', NO_FORWARDING, 'eth0')]), ['stopped']);
  const first = [hop('out', null, 'eth0'), hop('out', SILENCE, 'eth1')];
  assert.deepEqual(merged(first, [hop('out', SILENCE, 'eth0'), hop('out', SILENCE, 'eth1')]), ['passed', 'stopped']);
});
