import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { layoutOf } from '../model/layout.ts';
import { checkRoot } from './root-check.ts';

test('a private directory is refused until it lets others through', async () => {
  const dir = await mkdtemp('/tmp/lodge-root-');
  try {
    await mkdir(join(dir, 'var'), { mode: 0o700 });
    const layout = layoutOf(dir);
    const paths = async () => (await checkRoot(layout, 'nobody')).map((problem) => problem.path);
    assert.deepEqual(await paths(), [dir, join(dir, 'var')]);
    await chmod(dir, 0o711);
    await chmod(join(dir, 'var'), 0o755);
    assert.deepEqual(await paths(), []);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('before set-up there is no account to judge directories for, lengths count all the same', async () => {
  const problems = await checkRoot(layoutOf(`/${'long/'.repeat(20)}root`), 'no-such-account');
  assert.deepEqual(
    problems.map((problem) => problem.path),
    ['LODGE_ROOT'],
  );
});
