import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { layoutOf } from '../../model/layout.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import { writeConfirmed } from './apply-commit.ts';
import type { Transaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { restoreFiles } from './transaction-files.ts';

test('files that say something else than what runs are a reason to go back, and are put back', async () => {
  const root = await mkdtemp(join(tmpdir(), 'lodge-commit-'));
  try {
    await mkdir(`${root}/etc`);
    await writeFile(`${root}/etc/a`, 'before');
    const files = [{ path: '/etc/a', before: 'before', after: 'after', mode: 0o644, why: '' }];
    const plan = { number: 4, files } as unknown as NetworkPlan;
    const seen: string[] = [];
    const checkFiles = async () => {
      seen.push(await readFile(`${root}/etc/a`, 'utf8'));
      return ['br0 has no address in them'];
    };
    const deps = { layout: layoutOf(root), checkFiles } as unknown as TransactionDeps;
    await assert.rejects(writeConfirmed(deps, plan, { mark: 'confirmed' } as Transaction), {
      code: 'NETWORK_REVERTED',
      message: 'plan 4 is not kept: its files would say something else than what runs: br0 has no address in them',
    });
    assert.deepEqual(seen, ['after'], 'the check reads what is written');
    await restoreFiles(root, files);
    assert.equal(await readFile(`${root}/etc/a`, 'utf8'), 'before');
  } finally {
    await rm(root, { recursive: true });
  }
});
