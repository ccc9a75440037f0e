import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { routes } from '../../src/api/routes.ts';
import type { NetworkPlan, PlanReport } from '../../src/api/types.ts';
import type { NetworkChange } from '../../src/model/network-change.ts';
import { ApplyWorld, BRIDGED_FILES, FILE_AFTER, FILE_BEFORE, INTERFACES } from '../support/apply-world.ts';
import { BRIDGED, GATEWAY_IPV4, HOST_IPV4, HOST_IPV6, ROUTED } from '../support/network-changes.ts';

/** A plan is applied to a real network: what is unconfirmed comes back to the byte, what is confirmed stays. */
let world: ApplyWorld;
before(async () => {
  world = await ApplyWorld.open('lgna');
  await world.daemon();
});
after(() => world.close());

const APPLY_CONNECTION = '198.51.100.7 50111 192.0.2.200 22';
const NEW_CONNECTION = '198.51.100.7 50112 192.0.2.200 22';

for (const [name, changes] of [
  ['bridged', BRIDGED],
  ['routed', ROUTED],
] as const) {
  test(`${name}: nobody confirms, and everything is as it was`, async () => {
    const plan = await world.addPlan([...changes], { files: BRIDGED_FILES });
    const atFirst = await world.snapshot();
    const begun = await world.apply(plan.number, { confirmWithinMs: 20_000 });
    const waiting = await world.waiting(begun.operation.id);
    assert.equal(waiting.state, 'running', waiting.error?.message);
    assert.notEqual(await world.snapshot(), atFirst);
    assert.ok((await world.reaches(HOST_IPV4)) && (await world.reaches(HOST_IPV6)));
    assert.equal(await world.file(INTERFACES), FILE_BEFORE, 'no file is touched before the confirmation');
    const { state, error } = await world.over(begun.operation.id);
    assert.equal(state, 'failed');
    assert.equal(error?.code, 'NETWORK_REVERTED');
    assert.equal(error.message, `plan ${plan.number} is not kept: nobody confirmed it within 20 s`);
    assert.equal(await world.snapshot(), atFirst);
    assert.ok((await world.reaches(HOST_IPV4)) && (await world.reaches(HOST_IPV6)));
    assert.equal((await world.status()).transaction?.state, 'reverted');
  });
}

test('a plan without a proof, on other facts, or of no number is refused; one under way refuses the next', async () => {
  const unproven = await world.addPlan(ROUTED, { isProven: false });
  const stale = await world.addPlan(ROUTED, { factsDigest: 'of another day' });
  await assert.rejects(world.apply(unproven.number), { code: 'PLAN_UNPROVEN' });
  await assert.rejects(world.apply(stale.number, { unproven: true }), { code: 'PLAN_STALE' });
  const { history } = await world.status();
  assert.deepEqual(
    history.filter(({ staleBecause }) => staleBecause !== null).map(({ number }) => number),
    [stale.number],
  );
  const report = await world.api.request<PlanReport>('GET', routes.networkPlan(stale.number));
  assert.deepEqual([report.state, report.staleBecause], ['planned', history.at(-1)?.staleBecause]);
  assert.match(report.staleBecause ?? '', /another version/);
  // No plan of this world needs host.yaml, which is not there.
  assert.deepEqual(
    (await world.status()).findings.map(({ id, fix }) => [id, fix]),
    [['host-config-missing', 'lodge net import']],
  );
  await assert.rejects(world.apply(999), { code: 'PLAN_NOT_FOUND' });
  const rollback = (plan: number) => world.api.request('POST', routes.networkRollback, { plan });
  await assert.rejects(rollback(999), { code: 'PLAN_NOT_FOUND', message: 'there is no plan 999' });
  await assert.rejects(rollback(stale.number), { code: 'PLAN_NOT_FOUND', message: /was never in force/ });
  await assert.rejects(world.apply(unproven.number, { confirmWithinMs: 100 }), { code: 'VALIDATION_FAILED' });

  const proven = await world.addPlan(ROUTED);
  const both = await Promise.allSettled([world.apply(proven.number), world.apply(proven.number)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const [refused] = both.filter((one) => one.status === 'rejected');
  assert.equal(refused?.reason.code, 'TRANSACTION_OPEN');
  await assert.rejects(world.apply(unproven.number, { unproven: true }), { code: 'TRANSACTION_OPEN' });

  const [begun] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  assert.ok(begun !== undefined);
  await world.waiting(begun.operation.id);
  await assert.rejects(world.api.request('POST', routes.networkRollback, { plan: 0 }), { code: 'TRANSACTION_OPEN' });
  await world.api.request('POST', routes.networkRollback, {});
  const { error } = await world.operation(begun.operation.id);
  assert.equal(error?.message, `plan ${proven.number} is not kept: lodge net rollback asked for it`);
});

test('a confirmation needs the token, and a connection that did not exist before', async () => {
  const atFirst = await world.snapshot();
  const plan = await world.addPlan(BRIDGED, { files: BRIDGED_FILES, atBoot: { early: BRIDGED.slice(0, 1), late: [] } });
  const older = await olderConnection();
  const begun = await world.apply(plan.number, { connection: APPLY_CONNECTION });
  await world.waiting(begun.operation.id);
  assert.equal((await world.status()).history.at(-1)?.state, 'unconfirmed');
  await assert.rejects(world.confirm('aaaa-aaaa', NEW_CONNECTION), {
    code: 'CONFIRM_REFUSED',
    message: /another token/,
  });
  await assert.rejects(world.confirm(begun.token, APPLY_CONNECTION), {
    code: 'CONFIRM_REFUSED',
    message: /applied over/,
  });
  await assert.rejects(world.confirm(begun.token), { code: 'CONFIRM_REFUSED', message: /no SSH connection/ });
  await assert.rejects(world.confirm(begun.token, older), {
    code: 'CONFIRM_REFUSED',
    message: /older than the change/,
  });
  const status = await world.confirm(begun.token.toUpperCase().replace('-', ' '), NEW_CONNECTION);
  assert.equal(status.plan, plan.number);
  assert.equal(status.transaction?.state, 'committed');
  assert.equal(status.guard.isLoaded, true);
  assert.equal(await world.file(INTERFACES), FILE_AFTER);
  assert.equal(await world.file('/etc/network/interfaces.d/lodge'), '# by Lodge\n');
  assert.match((await world.file('/var/lib/lodge/network/boot/early.sh')) ?? '', /lodge_guard/);
  assert.ok((await world.reaches(HOST_IPV4)) && (await world.reaches(HOST_IPV6)));
  await assert.rejects(world.confirm(begun.token, NEW_CONNECTION), { code: 'CONFIRM_REFUSED' });
  await assert.rejects(world.apply(plan.number), { code: 'PLAN_REFUSED' });

  // Back to what the provider delivered: a plan like any other.
  const back = await world.api.request<NetworkPlan>('POST', routes.networkRollback, { plan: 0 });
  assert.equal(back.parent, plan.number);
  const returned = await world.apply(back.number, { unproven: true });
  const asked = await world.waiting(returned.operation.id);
  assert.equal(asked.state, 'running', asked.error?.message);
  const end = await world.confirm(returned.token);
  assert.equal(end.plan, back.number);
  assert.deepEqual(
    end.history.filter(({ number }) => number >= plan.number).map(({ state }) => state),
    ['superseded', 'committed'],
  );
  assert.equal(await world.snapshot(), atFirst);
});

test('a confirmation that comes before the change is made waits for it, and the command says so', async () => {
  const atFirst = await world.snapshot();
  // Long enough for a command to come in the middle.
  const many = Array.from({ length: 60 }, () => ROUTED).flat();
  const plan = await world.addPlan(many);
  const begun = await world.apply(plan.number);
  const { exitCode, stdout, stderr } = await world.lodge.run(['net', 'confirm', begun.token]);
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, new RegExp(`plan ${plan.number} is still being made: it is confirmed as soon as it runs`));
  assert.match(stdout, new RegExp(`^confirmed: plan ${plan.number} is in force`));

  const back = await world.api.request<NetworkPlan>('POST', routes.networkRollback, { plan: 0 });
  const returned = await world.apply(back.number, { unproven: true });
  // At once: not even the watchdog is armed. The second is a terminal that asks again because the first one's answer was lost.
  const [end] = await Promise.all([world.confirm(returned.token), world.confirm(returned.token)]);
  assert.equal(end.plan, back.number);
  assert.equal(await world.snapshot(), atFirst);
});

test('a confirmation of a change that fails while it waits says why it failed', async () => {
  const broken: NetworkChange = { kind: 'set-up', link: 'nowhere' };
  const plan = await world.addPlan([...Array.from({ length: 20 }, () => ROUTED).flat(), broken]);
  const begun = await world.apply(plan.number);
  await assert.rejects(world.confirm(begun.token), {
    code: 'NETWORK_REVERTED',
    message: new RegExp(`^plan ${plan.number} is not kept: "step \\d+: set-up" failed`),
  });
});

/** A real TCP connection from the router to the host, held until the end; in the form of SSH_CONNECTION. */
async function olderConnection(): Promise<string> {
  const { namespaces } = world.lodge;
  const listen = `require('node:net').createServer().listen(2222, '${HOST_IPV4}', () => console.log('listening'))`;
  const server = namespaces.start('host', process.execPath, ['-e', listen]);
  await once(server.stdout as Readable, 'data');
  const dial = `const s = require('node:net').connect(2222, '${HOST_IPV4}', () => console.log(s.localPort))`;
  const client = namespaces.start('router', process.execPath, ['-e', dial]);
  const [port] = await once(client.stdout as Readable, 'data');
  return `${GATEWAY_IPV4} ${String(port).trim()} ${HOST_IPV4} 2222`;
}
