import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkStatus } from '../api/types.ts';
import { renderNetworkStatus } from './network-status-text.ts';

const NOTHING: NetworkStatus = {
  plan: null,
  layout: null,
  transaction: null,
  history: [],
  guard: { isLoaded: false, uplink: null, droppedFrames: 0, foreignMacs: [] },
  findings: [],
};

test('a host that was never changed', () => {
  assert.equal(
    renderNetworkStatus(NOTHING, 0),
    [
      'in force: the network as the provider delivered it',
      'MAC guard: not loaded',
      '',
      'no plan was made yet: lodge net plan --layout routed',
    ].join('\n'),
  );
});

test('a change that waits says until when, and a guard that dropped something says from whom', () => {
  const text = renderNetworkStatus(
    {
      ...NOTHING,
      plan: 1,
      layout: 'routed',
      transaction: { plan: 2, state: 'changed', startedAtMs: 0, deadlineMs: 95_000, reason: null },
      guard: { isLoaded: true, uplink: 'eth0', droppedFrames: 4, foreignMacs: ['02:00:00:00:00:01'] },
      history: [
        { number: 1, layout: 'routed', createdAtMs: 0, state: 'committed', staleBecause: null, proof: 'green' },
        { number: 2, layout: null, createdAtMs: 0, state: 'unconfirmed', staleBecause: null, proof: null },
        {
          number: 3,
          layout: 'bridged',
          createdAtMs: 0,
          state: 'planned',
          staleBecause: 'a route moved',
          proof: 'green',
        },
        { number: 4, layout: 'routed', createdAtMs: 0, state: 'reverted', staleBecause: 'a route moved', proof: 'red' },
      ],
    },
    5000,
  );
  assert.equal(
    text,
    [
      'in force: plan 1, routed',
      'plan 2 runs and waits for lodge net confirm over a new connection: 1 min 30 s left, then the old network is back',
      'MAC guard: on eth0, 4 frames dropped, from 02:00:00:00:00:01',
      '',
      'PLAN  LAYOUT        STATE                            PROOF       MADE',
      '1     routed        in force                         proven      1970-01-01 00:00:00 UTC',
      '2     as delivered  applied, waits for confirmation  not proven  1970-01-01 00:00:00 UTC',
      '3     bridged       stale                            proven      1970-01-01 00:00:00 UTC',
      '4     routed        taken back                       red         1970-01-01 00:00:00 UTC',
      '',
      'plan 3 is stale: a route moved; lodge net plan --layout bridged makes a new one',
    ].join('\n'),
  );
});

test('one that was taken back says why', () => {
  const transaction = {
    plan: 2,
    state: 'reverted',
    startedAtMs: 0,
    deadlineMs: 0,
    reason: 'the gateway is dumb',
  } as const;
  assert.match(renderNetworkStatus({ ...NOTHING, transaction }, 0), /plan 2, taken back: the gateway is dumb/);
});

test('of several stale plans the newest says why, and a way back to what was delivered is made anew by rollback', () => {
  const stale = { createdAtMs: 0, state: 'planned', proof: null } as const;
  const history = [
    { ...stale, number: 1, layout: 'routed', staleBecause: 'one thing' },
    { ...stale, number: 2, layout: null, staleBecause: 'another thing' },
  ] as const;
  const lines = renderNetworkStatus({ ...NOTHING, history: [...history] }, 0).split('\n');
  assert.deepEqual(
    lines.filter((line) => line.includes(' is stale')),
    ['plan 2 is stale: another thing; lodge net rollback 0 makes a new one'],
  );
});
