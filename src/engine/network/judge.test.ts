import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { networkFixture, quietFacts } from '../../../test/support/network-sample.ts';
import { isLodgeError } from '../../base/errors.ts';
import type { NetworkExplanation } from '../../model/network-explanation.ts';
import { explainFacts } from './explain.ts';
import { createJudge, type JudgeLimits } from './judge.ts';

const ENTRY = join(import.meta.dirname, '../../daemon/judge-main.ts');
const AMPLE: JudgeLimits = { timeMs: 60_000, memoryMiB: 512, running: 2, waiting: 8 };

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const judge = (limits: JudgeLimits = AMPLE) => createJudge(ENTRY, limits);

test('the judge says what the rules say', async () => {
  const facts = networkFixture('seed-bridged');
  const said = JSON.parse(await judge().explain(bytesOf({ facts }))) as NetworkExplanation;
  assert.deepEqual(said, JSON.parse(JSON.stringify(explainFacts(facts, null))));
});

test('what is wrong with facts comes back as the error it is', async () => {
  const refused = [
    [{ facts: { ...quietFacts(), hostname: 7 } }, 'VALIDATION_FAILED', /hostname: must be of the type string, got 7/],
    [{ facts: { ...quietFacts(), routes: Array(60_000).fill({}) } }, 'VALIDATION_FAILED', /routes: must have at most/],
    [{ facts: quietFacts(), more: 1 }, 'VALIDATION_FAILED', /more: is not known here/],
    [null, 'VALIDATION_FAILED', /must be an object/],
  ] as const;
  for (const [request, code, message] of refused) {
    await assert.rejects(judge().explain(bytesOf(request)), (error) => {
      assert.ok(isLodgeError(error, code), String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

test('facts that take more time or memory than they may are given up, and whoever judges is not touched', async () => {
  const facts = {
    ...quietFacts(),
    sysctls: Object.fromEntries(Array.from({ length: 40_000 }, (_, at) => [`k${at}`, '1'])),
  };
  const isTooCostly = (error: unknown) => isLodgeError(error, 'TOO_COSTLY');
  await assert.rejects(judge({ ...AMPLE, timeMs: 1 }).explain(bytesOf({ facts })), isTooCostly);
  await assert.rejects(judge({ ...AMPLE, memoryMiB: 8 }).explain(bytesOf({ facts })), isTooCostly);
});

test('no more are judged, and no more wait, than the host has room for', async () => {
  const one = judge({ ...AMPLE, running: 1, waiting: 1 });
  const request = bytesOf({ facts: quietFacts() });
  const answers = await Promise.allSettled(Array.from({ length: 3 }, () => one.explain(request)));
  const refused = answers.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  assert.equal(refused.length, 1);
  assert.ok(refused.every(({ reason }) => isLodgeError(reason, 'TOO_BUSY')));
  assert.ok(await one.explain(request));
});
