import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec, startDetached } from './exec.ts';

test('a program that fetches gets the proxies, one that stays under another account does not', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-exec-'));
  process.env.https_proxy = 'http://u:p@planted:1';
  process.env.NO_PROXY = 'planted';
  t.after(async () => {
    delete process.env.https_proxy;
    delete process.env.NO_PROXY;
    await rm(directory, { recursive: true });
  });
  assert.match((await exec('env', [])).stdout, /^https_proxy=http:\/\/u:p@planted:1$/m);
  assert.doesNotMatch((await exec('env', [], { staysBehind: true, env: { MORE: '1' } })).stdout, /planted/);
  const logFile = join(directory, 'log');
  await (await startDetached('env', [], { logFile })).exited;
  const said = await readFile(logFile, 'utf8');
  assert.match(said, /^PATH=/m);
  assert.doesNotMatch(said, /planted/);
});
