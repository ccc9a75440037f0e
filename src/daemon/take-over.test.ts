import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLodgeError } from '../base/errors.ts';
import { findLockHolder } from '../host/lock-holder.ts';
import { takeInstanceLock } from '../store/instance-lock.ts';
import { takeOver } from './take-over.ts';

const LOCK_MODULE = join(import.meta.dirname, '../store/instance-lock.ts');

/** Another process that holds the lock until SIGTERM, or longer when it is deaf. */
async function withHolder(deaf: boolean, act: (lockFile: string, pid: number) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-lock-'));
  const lockFile = join(directory, 'daemon.lock');
  const program = `import { takeInstanceLock } from ${JSON.stringify(LOCK_MODULE)};
    // Kept: a connection that nobody holds is closed by the garbage collector, and the lock with it.
    globalThis.unlock = takeInstanceLock(${JSON.stringify(lockFile)});
    ${deaf ? "process.on('SIGTERM', () => {});" : ''}
    setInterval(() => {}, 1000);
    console.log('held');`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(holder, 'exit');
  try {
    await once(holder.stdout, 'data');
    await act(lockFile, holder.pid ?? 0);
  } finally {
    holder.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true });
  }
}

test('the lock passes from a daemon that was started by hand, which is asked to end', async () => {
  await withHolder(false, async (lockFile, pid) => {
    assert.equal(takeInstanceLock(lockFile), null);
    assert.equal(await findLockHolder(lockFile), pid);
    const unlock = await takeOver(lockFile);
    assert.equal(await findLockHolder(lockFile), process.pid);
    unlock();
    assert.equal(await findLockHolder(lockFile), null);
  });
});

test('one that does not end is named, and left alone', async () => {
  await withHolder(true, async (lockFile, pid) => {
    await assert.rejects(takeOver(lockFile, 300), (error) => {
      assert.ok(isLodgeError(error, 'TIMED_OUT'));
      assert.match(error.message, new RegExp(`process ${pid} holds`));
      return true;
    });
    assert.equal(await findLockHolder(lockFile), pid);
  });
});
