import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BRIDGED, ROUTED } from '../../test/support/network-changes.ts';
import { isLodgeError } from '../base/errors.ts';
import { invertChange, type NetworkChange } from '../model/network-change.ts';
import type { FileChange, NetworkPlan } from '../model/network-plan.ts';
import { planRollback } from './plan-rollback.ts';

function plan(number: number, parent: number | null, changes: NetworkChange[], files: FileChange[] = []): NetworkPlan {
  return {
    number,
    parent,
    createdAtMs: 0,
    layout: 'routed',
    owner: 'ifupdown',
    host: { provider: `host of ${number}` } as never,
    factsDigest: '',
    steps: changes.map((change) => ({ id: change.kind, title: change.kind, why: 'so', change, timeoutMs: 1 })),
    files,
    atBoot: { early: changes.slice(0, 1), late: [] },
    findings: [],
  };
}

const file = (before: string | null, after: string | null, path = '/etc/network/interfaces'): FileChange => {
  return { path, before, after, mode: 0o644, why: 'so' };
};
const now = { factsDigest: 'now', nowMs: 7 };
const changesOf = ({ steps }: Pick<NetworkPlan, 'steps'>) => steps.map(({ change }) => change);

const first = plan(1, null, ROUTED, [file('delivered', 'one')]);
const second = plan(2, 1, BRIDGED, [file('one', 'two'), file(null, 'new', '/etc/network/interfaces.d/x')]);

test('back to what was delivered: every inverse, the last first, and the files as they were', () => {
  const back = planRollback({ plans: [first, second], current: 2, target: 0, ...now });
  assert.deepEqual(changesOf(back), [...ROUTED, ...BRIDGED].toReversed().map(invertChange));
  assert.deepEqual(
    back.files.map(({ path, before, after }) => [path, before, after]),
    [
      ['/etc/network/interfaces', 'two', 'delivered'],
      ['/etc/network/interfaces.d/x', 'new', null],
    ],
  );
  assert.deepEqual([back.parent, back.layout, back.factsDigest, back.createdAtMs], [2, null, 'now', 7]);
  assert.deepEqual(back.atBoot, { early: [], late: [] });
});

test('back to an older plan: what the boot does is that plan again', () => {
  const back = planRollback({ plans: [first, second], current: 2, target: 1, ...now });
  assert.deepEqual(changesOf(back), BRIDGED.toReversed().map(invertChange));
  assert.deepEqual([back.layout, back.host, back.atBoot], ['routed', first.host, first.atBoot]);
});

test('forward again after a way back: nothing is done twice', () => {
  const third = { ...planRollback({ plans: [first, second], current: 2, target: 1, ...now }), number: 3 };
  const again = planRollback({ plans: [first, second, third], current: 3, target: 2, ...now });
  assert.deepEqual(changesOf(again), BRIDGED);
  const toFirst = planRollback({ plans: [first, second, third], current: 3, target: 1, ...now });
  assert.deepEqual([changesOf(toFirst), toFirst.files], [[], []]);
});

test('identifiers are unique, also where two plans did the same', () => {
  const same = plan(2, 1, ROUTED.slice(1));
  const { steps } = planRollback({ plans: [first, same], current: 2, target: 0, ...now });
  assert.equal(new Set(steps.map(({ id }) => id)).size, steps.length);
});

test('a plan that was never in force, and the one that is, are no goals', () => {
  const input = { plans: [first, second], current: 2, ...now };
  assert.throws(
    () => planRollback({ ...input, target: 9 }),
    (error) => isLodgeError(error, 'PLAN_NOT_FOUND'),
  );
  assert.throws(
    () => planRollback({ ...input, target: 2 }),
    (error) => isLodgeError(error, 'PLAN_REFUSED'),
  );
  assert.throws(
    () => planRollback({ plans: [], current: null, target: 0, ...now }),
    (error) => isLodgeError(error, 'PLAN_REFUSED'),
  );
});
