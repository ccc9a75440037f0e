import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCliProcess } from '../../test/support/cli-process.ts';
import { errorAnswer, startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { commandNamer, typedCommand, typedForm } from './typed-command.ts';

const WORDS = ['ls', 'start', 'image'];

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
  const name = commandNamer({ command: './lodge', underSudo: './lodge', sudo: false, root: '' }, WORDS);
  assert.equal(name('lodge start web1, then lodge ls'), './lodge start web1, then ./lodge ls');
  assert.equal(name('did you mean lodge image ls?'), 'did you mean ./lodge image ls?');
  assert.equal(name('or sudo lodge …'), 'or sudo ./lodge …');
  for (const same of ['the group lodge owns it', '/opt/lodge ls', 'a-lodge start', 'lodge: ls', 'lodge starting']) {
    assert.equal(name(same), same);
  }
});

test('what has to stand before the name stands there: sudo, and the root', () => {
  const hints = ['lodge ls', 'sudo lodge start'];
  const typed = (form: Partial<Parameters<typeof commandNamer>[0]>) =>
    hints.map(commandNamer({ command: 'lodge', underSudo: 'lodge', sudo: false, root: '', ...form }, WORDS));
  assert.deepEqual(typed({}), hints);
  assert.deepEqual(typed({ sudo: true }), ['sudo lodge ls', 'sudo lodge start']);
  assert.deepEqual(typed({ root: '/srv/x' }), ['LODGE_ROOT=/srv/x lodge ls', 'sudo env LODGE_ROOT=/srv/x lodge start']);
  assert.deepEqual(typed({ underSudo: '/home/eve/lodge' }), ['lodge ls', 'sudo /home/eve/lodge start']);
  const all = { command: './lodge', underSudo: './lodge', sudo: true, root: "/srv/it's" };
  const root = "LODGE_ROOT='/srv/it'\\''s'";
  assert.deepEqual(typed(all), [`sudo env ${root} ./lodge ls`, `sudo env ${root} ./lodge start`]);
});

test('sudo is typed where sudo has started this very command, and not in a shell of its', () => {
  const root = mkdtempSync(join(tmpdir(), 'lodge-typed-'));
  writeFileSync(join(root, 'lodge'), '');
  const form = (env: Record<string, string>) => typedForm({ LODGE_COMMAND: './lodge', PATH: root, ...env }, root);
  assert.equal(form({}).sudo, false);
  assert.equal(form({ SUDO_USER: 'eve', SUDO_COMMAND: './lodge create web1' }).sudo, true);
  assert.equal(form({ SUDO_USER: 'eve', SUDO_COMMAND: '/usr/local/bin/lodge' }).sudo, true);
  assert.equal(form({ SUDO_USER: 'eve', SUDO_COMMAND: '/bin/bash' }).sudo, false);
  assert.equal(form({ SUDO_USER: 'eve', SUDO_COMMAND: '/bin/bash -c ./lodge' }).sudo, false);
  // In the user's PATH and not in sudo's.
  assert.deepEqual(form({ LODGE_ROOT: '/srv/x' }), {
    command: 'lodge',
    underSudo: realpathSync(join(root, 'lodge')),
    sudo: false,
    root: '/srv/x',
  });
  assert.equal(typedForm({ PATH: root, LODGE_ROOT: '/srv/x' }, root).root, '', 'no launcher: nobody typed it');
  rmSync(root, { recursive: true });
});

test("the daemon's hints and ours are typed as the user typed, and a program's data stay", async () => {
  await using daemon = await startFakeDaemon();
  const error = { code: 'STATE_REFUSED', message: 'web1 is failed', hint: 'lodge rm web1' } as const;
  daemon.on('GET /v1/guests/web1', () => errorAnswer(409, error));
  const program = join(daemon.root, 'lodge');
  writeFileSync(program, '');
  const env = { LODGE_COMMAND: program };
  const typed = `LODGE_ROOT=${daemon.root} ${program}`;
  const run = (...words: string[]) => runCliProcess(daemon.root, words, { env });
  assert.equal((await run('show', 'web1')).stderr, `lodge: web1 is failed\n  hint: ${typed} rm web1\n`);
  assert.equal(JSON.parse((await run('show', 'web1', '--json')).stdout).error.hint, `${typed} rm web1`);
  assert.match((await run('sohw')).stderr, new RegExp(`perhaps this is meant: ${typed} show\\n`));
  // What is typed stands in a rule as well: the headline must not say it a second time, in another form.
  const problems = [{ path: 'accel', rule: 'must be tcg: lodge doctor says why', value: 'kvm' }];
  const message = 'guest x is not valid: accel: must be tcg: lodge doctor says why, got "kvm"';
  daemon.on('POST /v1/guests', () => errorAnswer(422, { code: 'VALIDATION_FAILED', message, problems }));
  const refused = `lodge: guest x is not valid\n  --accel: must be tcg: ${typed} doctor says why, got "kvm"\n`;
  assert.equal((await run('create', 'x', '--accel', 'kvm', '--dry-run')).stderr, refused);
  const script = await run('completion', 'bash');
  assert.match(script.stdout, /^complete -o default -F _lodge lodge$/m);
  assert.match((await run('completion', 'tcsh')).stderr, new RegExp(`hint: ${typed} completion bash`));
  assert.match((await run('completion')).stderr, new RegExp(`for example: ${typed} completion bash`));
  daemon.on('GET /v1/guests/web2', () => ({ error: 'lodge rm web1' }));
  assert.match((await run('api', 'GET', '/v1/guests/web2')).stdout, /"lodge rm web1"/);
});
