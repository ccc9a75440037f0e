import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { routes } from '../../src/api/routes.ts';
import type { NetworkPlan, Operation } from '../../src/api/types.ts';
import { planApply } from '../../src/plan/apply-steps.ts';
import { ApplyWorld, BRIDGED_FILES, FILE_AFTER, INTERFACES } from '../support/apply-world.ts';
import { isAlive } from '../support/fault-world.ts';
import { eventually } from '../support/netns.ts';
import { BRIDGED } from '../support/network-changes.ts';

/**
 * The daemon is killed at both ends of every step of an `apply`, and after every change of the plan, with and without a next one. The lists
 * of steps are the product's own.
 */
let world: ApplyWorld;
let atFirst: string;
before(async () => {
  world = await ApplyWorld.open('lgnk');
  await world.daemon();
  atFirst = await world.snapshot();
});
after(() => world.close());

const plan = () => world.addPlan(BRIDGED, { files: BRIDGED_FILES });
const applySteps = planApply({ number: 0, steps: [], files: [] } as unknown as NetworkPlan, 0).map(({ id }) => id);
const CONFIRMED = applySteps.indexOf('await-confirmation');

/** Applies with a daemon that dies at the point; gives the operation's id. */
async function applyToDeath(point: string, isConfirmed: boolean): Promise<string> {
  const { number } = await plan();
  await world.daemon(`kill:${point}`);
  // A daemon that dies at the very beginning has not answered yet.
  const begun = await world.apply(number, { confirmWithinMs: 60_000 }).catch(() => null);
  if (isConfirmed && begun !== null) {
    await world.waiting(begun.operation.id);
    await world.confirm(begun.token).catch(() => undefined);
  }
  await world.daemonDies();
  return world.newestOperation();
}

async function takeBack(): Promise<void> {
  await world.api.request('POST', routes.networkRollback, {});
}

/** The network goes back to the beginning by a plan of its own. */
async function returnToFirst(): Promise<void> {
  const back = await world.api.request<NetworkPlan>('POST', routes.networkRollback, { plan: 0 });
  const begun = await world.apply(back.number, { unproven: true });
  const waiting = await world.waiting(begun.operation.id);
  assert.equal(waiting.state, 'running', waiting.error?.message);
  await world.confirm(begun.token);
  assert.equal(await world.snapshot(), atFirst);
}

for (const [index, change] of BRIDGED.entries()) {
  for (const moment of index === 0 ? (['begin', 'end'] as const) : (['end'] as const)) {
    test(`killed at the ${moment} of the change ${index}, ${change.kind}: the next daemon takes everything back`, async () => {
      const operation = await applyToDeath(`change-s${index}-${change.kind}:${moment}`, false);
      await world.daemon();
      const { error } = await world.over(operation);
      assert.match(error?.message ?? '', /is not kept: the daemon was ended in the middle of the change$/);
      assert.equal(await world.snapshot(), atFirst);
    });
  }
}

for (const [index, step] of applySteps.entries()) {
  for (const moment of ['begin', 'end'] as const) {
    const isConfirmed = index > CONFIRMED || (index === CONFIRMED && moment === 'end');
    test(`killed at the ${moment} of ${step}: ${isConfirmed ? 'the next daemon finishes it' : 'the next daemon goes on'}`, async () => {
      const operation = await applyToDeath(`${step}:${moment}`, isConfirmed);
      await world.daemon();
      if (isConfirmed) {
        const { state, error } = await world.over(operation);
        assert.equal(state, 'done', error?.message);
        assert.equal(await world.file(INTERFACES), FILE_AFTER);
        assert.equal((await world.status()).transaction?.state, 'committed');
        return returnToFirst();
      }
      const waiting = await world.waiting(operation);
      assert.equal(waiting.state, 'running', waiting.error?.message);
      await takeBack();
      assert.equal(await world.snapshot(), atFirst);
    });
  }
}

test('killed in the middle of the change, and no daemon ever comes: the watchdog takes everything back at the deadline', async () => {
  const { number } = await plan();
  await world.daemon('kill:change-s7-replace-route:end');
  const begun = await world.apply(number, { confirmWithinMs: 15_000 });
  await world.daemonDies();
  const watchdog = await watchdogPid();
  assert.ok(await isAlive(watchdog));
  await eventually('the watchdog is done', async () => !(await isAlive(watchdog)), 60_000);
  assert.equal(await world.snapshot(), atFirst);
  await world.daemon();
  const { error } = await world.over(begun.operation.id);
  assert.match(error?.message ?? '', /nobody confirmed it within 15 s/);
  assert.equal(await world.snapshot(), atFirst);
});

test('the watchdog is killed: the daemon arms another one, and that keeps the deadline', async () => {
  const { number } = await plan();
  await world.daemon();
  const begun = await world.apply(number, { confirmWithinMs: 25_000 });
  await world.waiting(begun.operation.id);
  const first = await watchdogPid();
  process.kill(first, 'SIGKILL');
  const second = await eventually(
    'another one',
    async () => (await watchdogPid()) !== first && (await watchdogPid()),
    20_000,
  );
  await world.killDaemon();
  await eventually('it is done', async () => !(await isAlive(Number(second))), 60_000);
  assert.equal(await world.snapshot(), atFirst);
  await world.daemon();
  await overFailed(begun.operation.id);
});

test('daemon and watchdog are killed: the next daemon takes back what is over its deadline', async () => {
  const { number } = await plan();
  await world.daemon();
  const begun = await world.apply(number, { confirmWithinMs: 12_000 });
  await world.waiting(begun.operation.id);
  await world.killDaemon();
  process.kill(await watchdogPid(), 'SIGKILL');
  assert.notEqual(await world.snapshot(), atFirst);
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  await world.daemon();
  await overFailed(begun.operation.id);
  assert.equal(await world.snapshot(), atFirst);
});

async function overFailed(id: string): Promise<Operation> {
  const operation = await world.over(id);
  assert.equal(operation.error?.code, 'NETWORK_REVERTED', operation.error?.message);
  return operation;
}

async function watchdogPid(): Promise<number> {
  return Number(await readFile(`${world.lodge.layout.networkDir}/transaction/watching`, 'utf8'));
}
