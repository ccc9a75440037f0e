import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exec } from '../src/host/exec.ts';
import { EXEC_RUN } from '../src/render/exec-script.ts';

let directory: string;

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'lodge-exec-'));
  const put = (name: string, text: string, mode: number) => {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), mode);
  };
  put('plain', 'echo hello\n', 0o644);
  put('lost', '#! /no/such/python -u\n', 0o755);
  put('dos', '#!/bin/sh\r\necho hello\r\n', 0o755);
  put('good', '#!/bin/sh\necho "$1|$program|$count"\n', 0o755);
  put('bare', 'echo bare\n', 0o755);
  mkdirSync(join(directory, 'sub'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** As the script in the guest starts it: whose shell, in which directory, with which variables, what. */
async function run(shell: string, cwd: string, env: string[], command: string[]) {
  const words = ['-c', EXEC_RUN, 'lodge: web1', cwd, String(env.length), ...env, ...command];
  const okExitCodes = [0, 1, 2, 3, 126, 127];
  const { exitCode, stdout, stderr } = await exec(shell, words, {
    env: { PATH: process.env.PATH ?? '', HOME: '/', USER: 'root' },
    okExitCodes,
  });
  return [exitCode, stdout, stderr];
}

for (const shell of ['sh', 'bash']) {
  test(`what cannot run in the guest is told in our words and not in those of ${shell}`, async () => {
    const refused = async (code: number, words: string, command: string[], cwd = '', env: string[] = []) =>
      assert.deepEqual(await run(shell, cwd, env, command), [code, '', `lodge: web1: ${words}\n`]);
    await refused(127, 'there is no program no-such-program in the guest', ['no-such-program']);
    // A builtin of the shell is no program, and neither is a function of ours.
    await refused(127, 'there is no program lodge_refuse in the guest', ['lodge_refuse', 'x', '1']);
    await refused(127, 'there is no program /no/such in the guest', ['/no/such']);
    await refused(127, 'there is no program * in the guest', ['*'], directory);
    await refused(127, "there is no program $(id); 'x' in the guest", ["$(id); 'x'"]);
    await refused(126, `${directory}/plain in the guest is not executable`, [join(directory, 'plain')]);
    await refused(126, 'sub/../plain in the guest is not executable', ['sub/../plain'], directory);
    await refused(126, `${directory}/plain in the guest is not executable`, ['plain'], '', [`PATH=/x:${directory}`]);
    await refused(126, '/etc in the guest is a directory, no program', ['/etc']);
    await refused(127, './lost in the guest is run by /no/such/python, which is not there', ['./lost'], directory);
    await refused(126, './dos in the guest ends its lines with CR LF', ['./dos'], directory);
    await refused(126, '--cwd: there is no directory /no/such in the guest', ['true'], '/no/such');
    await refused(126, `--cwd: ${directory}/plain is no directory of the guest`, ['true'], join(directory, 'plain'));
  });

  test(`what can run does, with its own words, by ${shell}`, async () => {
    const variables = ['program=a b', 'count=7'];
    assert.deepEqual(await run(shell, directory, variables, ['./good', "$x 'y'"]), [0, "$x 'y'|a b|7\n", '']);
    assert.deepEqual(await run(shell, '', [`PATH=/x::${directory}`], ['good', '1']), [0, '1||\n', '']);
    assert.deepEqual(await run(shell, directory, [], ['./bare']), [0, 'bare\n', '']);
    assert.deepEqual(await run(shell, directory, [], ['sh', '-c', 'pwd; echo oops >&2; exit 3']), [
      3,
      `${directory}\n`,
      'oops\n',
    ]);
  });
}
