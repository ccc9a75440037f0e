import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCliProcess } from '../../test/support/cli-process.ts';
import { startFakeDaemon } from '../../test/support/fake-daemon.ts';
import type { NetworkPlan, PlanReport, Proof } from '../api/types.ts';
import { renderPlanStanding } from './network-plan-standing.ts';

const PLAN: NetworkPlan = {
  number: 1,
  parent: null,
  createdAtMs: 0,
  layout: 'routed',
  owner: 'ifupdown',
  host: {} as never,
  factsDigest: 'a.b',
  steps: [],
  files: [],
  atBoot: { early: [], late: [] },
  findings: [],
};
const modes = { arp: 'asks', ipv6: 'none' } as const;
const check = (id: string, cause: string | null) => ({ id, isGreen: cause === null, summary: 'tried', cause });
const proofOf = (...causes: (string | null)[]): Proof => ({
  plan: 1,
  factsDigest: 'a.b',
  madeAtMs: 0,
  durationMs: 1,
  isGreen: causes.every((cause) => cause === null),
  runs: [{ modes, checks: causes.map((cause, index) => check(`check-${index}`, cause)) }],
  assumptions: [],
  limits: [],
});
const FRESH: PlanReport = { plan: PLAN, state: 'planned', staleBecause: null, proof: null };
const lines = (report: Partial<PlanReport>) => renderPlanStanding({ ...FRESH, ...report }).split('\n');

test('a plan that fits says that it is not applied, and what its proof said', () => {
  assert.deepEqual(lines({}), ['state: not applied', 'proof: none was made yet', '']);
  assert.equal(lines({ proof: proofOf(null) })[1], 'proof: green, made 1970-01-01 00:00:00 UTC');
  assert.deepEqual(lines({ proof: proofOf(null, 'the gateway is dumb') }).slice(1), [
    'proof: red, made 1970-01-01 00:00:00 UTC: 1 check failed',
    '  RED  check-1: the gateway is dumb',
    '',
  ]);
});

test('a stale plan says so, why, and what makes a new one; one that was taken back says both', () => {
  const staleBecause = 'host.yaml says something else than when it was made';
  const stale = `stale, ${staleBecause}; lodge net plan --layout routed makes a new one`;
  assert.equal(lines({ staleBecause })[0], `state: ${stale}`);
  assert.equal(lines({ staleBecause, state: 'reverted' })[0], `state: taken back; ${stale}`);
  assert.equal(lines({ state: 'superseded' })[0], 'state: was in force');
});

test('net plan NUMBER shows the standing above the plan, and has it beside the plan under --json', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('GET /v1/network/plans/1', () => ({ ...FRESH, staleBecause: 'a route moved' }));
  const { stdout } = await runCliProcess(daemon.root, ['net', 'plan', '1']);
  assert.match(stdout, /^state: stale, a route moved; .*\nproof: none was made yet\n\nplan 1: from what/);
  const json = JSON.parse((await runCliProcess(daemon.root, ['net', 'plan', '1', '--json'])).stdout);
  assert.deepEqual(json, { ...PLAN, state: 'planned', staleBecause: 'a route moved', proof: null });
});

test('what is no number of a plan is refused in the same words everywhere, and 0 only where there is a way back to it', async () => {
  await using daemon = await startFakeDaemon();
  const said = async (...words: string[]) => {
    const { code, stderr } = await runCliProcess(daemon.root, ['net', ...words]);
    return `${code} ${stderr.split('\n')[0]}`;
  };
  for (const verb of ['plan', 'prove', 'apply'])
    for (const number of ['0', '-1', 'x'])
      assert.equal(await said(verb, number), `2 lodge: a plan is named by its number, from 1 on, got ${number}`);
  const zero = '0 for what the provider delivered';
  assert.equal(await said('rollback', '-1'), `2 lodge: a plan is named by its number, ${zero}, got -1`);
  assert.equal(daemon.requests.length, 0);
  await said('rollback', '0');
  assert.deepEqual(daemon.requests[0]?.body, { plan: 0 });
});
