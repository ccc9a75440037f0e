import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCliProcess } from '../../test/support/cli-process.ts';
import { errorAnswer, startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { commandNamer, typedCommand } from './typed-command.ts';

test('lodge where PATH has this very program, else what was typed', () => {
  const root = mkdtempSync(join(tmpdir(), 'lodge-typed-'));
  for (const name of ['ours', 'bin', 'other']) mkdirSync(join(root, name));
  for (const name of ['ours/lodge', 'other/lodge']) {
    writeFileSync(join(root, name), '');
    chmodSync(join(root, name), 0o755);
  }
  symlinkSync('../ours/lodge', join(root, 'bin/lodge'));
  const full = join(root, 'ours/lodge');
  const at = (typed: string | undefined, ...path: string[]) =>
    typedCommand({ LODGE_COMMAND: typed, PATH: path.map((name) => join(root, name)).join(':') }, join(root, 'ours'));
  assert.equal(at('./lodge'), './lodge');
  assert.equal(at(full), full);
  assert.equal(at('./lodge', 'bin'), 'lodge');
  assert.equal(at(full, 'other', 'bin'), full, 'another one comes first');
  assert.equal(at('lodge'), 'lodge', 'sh lodge');
  assert.equal(at(undefined), 'lodge');
  assert.equal(at('./no such'), 'lodge');
  rmSync(root, { recursive: true });
});

test('our commands alone get the name', () => {
  const name = commandNamer('./lodge', ['ls', 'start', 'image']);
  assert.equal(name('lodge start web1, then lodge ls'), './lodge start web1, then ./lodge ls');
  assert.equal(name('did you mean lodge image ls?'), 'did you mean ./lodge image ls?');
  for (const same of ['the group lodge owns it', '/opt/lodge ls', 'a-lodge start', 'lodge: ls', 'lodge starting']) {
    assert.equal(name(same), same);
  }
});

test("the daemon's hints and ours are typed as the user typed, and a program's data stay", async () => {
  await using daemon = await startFakeDaemon();
  const error = { code: 'STATE_REFUSED', message: 'web1 is failed', hint: 'lodge rm web1' } as const;
  daemon.on('GET /v1/guests/web1', () => errorAnswer(409, error));
  const program = join(daemon.root, 'lodge');
  writeFileSync(program, '');
  const env = { LODGE_COMMAND: program };
  const run = (...words: string[]) => runCliProcess(daemon.root, words, { env });
  assert.equal((await run('show', 'web1')).stderr, `lodge: web1 is failed\n  hint: ${program} rm web1\n`);
  assert.equal(JSON.parse((await run('show', 'web1', '--json')).stdout).error.hint, `${program} rm web1`);
  assert.match((await run('sohw')).stderr, new RegExp(`did you mean ${program} show`));
  daemon.on('GET /v1/guests/web2', () => ({ error: 'lodge rm web1' }));
  assert.match((await run('api', 'GET', '/v1/guests/web2')).stdout, /"lodge rm web1"/);
});
