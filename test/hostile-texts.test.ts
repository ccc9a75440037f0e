import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { HOSTILE_TEXTS } from './support/hostile-texts.ts';

/** What is linear takes seconds at worst on the slowest machine; what is not takes many minutes. */
const GIVE_UP_MS = 120_000;

/** Reads them one after the other where they can be given up. @returns those that had to be, or that failed */
async function readAll(): Promise<string[]> {
  const bad: string[] = [];
  for (let at = 0; at < HOSTILE_TEXTS.length; ) {
    const worker = new Worker(new URL('./support/hostile-texts-worker.ts', import.meta.url), { workerData: at });
    at = await new Promise<number>((resolve, reject) => {
      let current = at;
      const giveUp = () => {
        bad.push(`${HOSTILE_TEXTS[current]?.name}: no end`);
        resolve(current + 1);
      };
      let timer = setTimeout(giveUp, GIVE_UP_MS);
      worker.on('message', ({ failure }: { failure: string | null }) => {
        if (failure !== null) bad.push(`${HOSTILE_TEXTS[current]?.name}: ${failure}`);
        current += 1;
        clearTimeout(timer);
        if (current === HOSTILE_TEXTS.length) resolve(current);
        else timer = setTimeout(giveUp, GIVE_UP_MS);
      });
      worker.once('error', reject);
    });
    await worker.terminate();
  }
  return bad;
}

/** Of all: on a busy machine they take more than the minute that a test has. */
const LIMIT_MS = 600_000;

test('no text of a stranger keeps its reader busy, and none is a fault of ours', { timeout: LIMIT_MS }, async () => {
  assert.deepEqual(await readAll(), []);
});
