import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../model/network-finding.ts';
import { type GuardFacts, judgeHostNetwork, judgeMacGuard } from './doctor-uplink.ts';

const GUARD = { uplink: 'eth0', allowedMacs: ['02:00:00:00:00:01'], droppedFrames: 0, foreignMacs: [] as string[] };
const FACTS: GuardFacts = {
  uplink: 'eth0',
  bridge: 'br0',
  guard: GUARD,
  foreignMacs: [],
  isWanted: true,
  hook: 'netdev-egress',
  bootScript: '/var/lib/lodge/network/boot.sh',
};
const ALARM: Finding = { id: 'x', level: 'alarm', what: 'a thing', cause: '', consequence: 'it breaks', fix: null };

test('a host without a bridge over its uplink needs no guard, one with a guard that kept nothing in is fine', () => {
  assert.equal(judgeMacGuard({ ...FACTS, bridge: null, guard: null, isWanted: false }).status, 'ok');
  const check = judgeMacGuard(FACTS);
  assert.deepEqual([check.status, check.fix], ['ok', null]);
});

test('a bridge over the uplink without a guard is warned of, with the layout that brings one', () => {
  const check = judgeMacGuard({ ...FACTS, guard: null, isWanted: false });
  assert.equal(check.status, 'warn');
  assert.match(check.summary, /^eth0 is bridged by br0, and no MAC guard/);
  assert.match(check.fix ?? '', /^lodge net plan --layout bridged/);
});

test('a guard that was flushed is loaded again by the script of the boot, whatever the layout', () => {
  for (const bridge of ['br0', null]) {
    const check = judgeMacGuard({ ...FACTS, bridge, guard: null });
    assert.deepEqual([check.status, check.fix], ['warn', 'sh /var/lib/lodge/network/boot.sh early']);
  }
});

test('a guard on another link than the uplink is warned of', () => {
  const check = judgeMacGuard({ ...FACTS, uplink: 'eno1' });
  assert.deepEqual([check.status, check.summary], ['warn', 'the MAC guard is on eth0, and the uplink is eno1']);
});

test('frames that were kept in are a failure that names the MACs and whose they are', () => {
  const foreignMacs = [
    { mac: '02:00:00:00:00:bb', whose: 'the bridge br0 itself' },
    ...Array.from({ length: 9 }, (_, at) => ({ mac: `02:66:00:00:00:0${at}`, whose: null })),
  ];
  const guard = { ...GUARD, droppedFrames: 12, foreignMacs: foreignMacs.map(({ mac }) => mac) };
  const check = judgeMacGuard({ ...FACTS, guard, foreignMacs });
  assert.equal(check.status, 'fail');
  assert.match(check.summary, /kept 12 frames from leaving eth0, of 02:00:00:00:00:bb \(the bridge br0 itself\), /);
  assert.match(check.summary, /02:66:00:00:00:03 and 5 more$/);
  assert.match(check.fix ?? '', /^nft reset counter netdev lodge_guard dropped && nft flush set netdev/);
  const unknown = judgeMacGuard({ ...FACTS, hook: 'bridge', guard: { ...GUARD, droppedFrames: 1 } });
  assert.match(unknown.summary, /kept a frame from leaving eth0, of MACs that were not noted$/);
  assert.match(unknown.fix ?? '', /bridge lodge_guard/);
});

test('a change that waits for its confirmation is told before everything else', () => {
  const transaction = { plan: 3, state: 'changed' as const, startedAtMs: 0, deadlineMs: 120_000, reason: null };
  const check = judgeHostNetwork({ transaction, findings: [ALARM] });
  assert.deepEqual([check.status, check.summary], ['warn', 'a change of the network is under way: plan 3 is changed']);
  assert.match(check.detail, /a thing: it breaks$/);
  assert.match(check.fix ?? '', /lodge net rollback$/);
});

test('alarms of the explanation are counted, surprises and what the guard tells itself are not', () => {
  const judge = (...findings: Finding[]) => judgeHostNetwork({ transaction: null, findings });
  assert.equal(judge({ ...ALARM, level: 'surprise' }, { ...ALARM, id: 'guard-stopped-frames' }).status, 'ok');
  const check = judge(ALARM, { ...ALARM, what: 'another' });
  assert.deepEqual(
    [check.status, check.summary, check.detail, check.fix],
    ['warn', '2 things about the network are alarms', 'a thing: it breaks\nanother: it breaks', 'lodge net explain'],
  );
});
