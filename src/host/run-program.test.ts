import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLodgeError } from '../base/errors.ts';
import { exec } from './exec.ts';
import { type ProgramRun, runProgram } from './run-program.ts';

const usual: ProgramRun = {
  input: null,
  timeoutMs: 0,
  signal: null,
  killSignal: 'SIGTERM',
  env: process.env,
  cwd: undefined,
  descriptors: [],
  maxOutputBytes: 1024,
  onLine: null,
};
const shell = (script: string, run: Partial<ProgramRun> = {}) => runProgram('sh', ['-c', script], { ...usual, ...run });

test('both streams, the exit code and the signal come back apart', async () => {
  const { stdout, stderr, exitCode, endedBy } = await shell('printf out; printf err >&2; exit 3');
  assert.deepEqual([stdout, stderr, exitCode, endedBy], ['out', 'err', 3, null]);
  assert.equal((await shell('kill -9 $$')).signal, 'SIGKILL');
});

test('input arrives whole, and a program that does not read it is no failure', async () => {
  const input = 'x'.repeat(300_000);
  assert.equal((await shell('wc -c', { input })).stdout.trim(), '300000');
  assert.equal((await shell('exec <&-; exit 0', { input })).exitCode, 0);
});

test('lines come as they are said, torn nowhere, the last one without its end too', async () => {
  const lines: string[] = [];
  const script = "printf '\\303'; sleep 0.05; printf '\\244\\r\\nb\\n\\nlast'";
  const { stdout } = await shell(script, { onLine: (line) => lines.push(line) });
  assert.deepEqual(lines, ['ä', 'b', '', 'last']);
  assert.equal(stdout, 'ä\r\nb\n\nlast');
});

test('the time limit, an abort and too much output end it, and say so', async () => {
  assert.equal((await shell('exec sleep 60', { timeoutMs: 20 })).endedBy, 'time-limit');
  const abort = new AbortController();
  const running = shell('echo; exec sleep 60', { signal: abort.signal, onLine: () => abort.abort() });
  assert.equal((await running).endedBy, 'abort');
  assert.equal((await shell('exit 0', { signal: abort.signal })).endedBy, 'abort');
  assert.equal((await shell('exec cat /dev/zero')).endedBy, 'output-limit');
});

test('a child of the program that keeps its output open does not keep us, once it was ended', async () => {
  const kept = await shell('sleep 60 & echo $!; wait', { timeoutMs: 300, killSignal: 'SIGKILL' });
  assert.equal(kept.endedBy, 'time-limit');
  process.kill(Number(kept.stdout.trim()), 'SIGKILL');
});

test('what cannot be started is told: no program, no directory, no right, no such word', async () => {
  await assert.rejects(exec('no-such-program', []), (error) => isLodgeError(error, 'COMMAND_MISSING'));
  for (const [program, word, cwd] of [
    ['true', '', '/no/such/directory'],
    ['/etc/passwd', '', '/'],
    ['true', 'a\0b', '/'],
  ] as const) {
    await assert.rejects(exec(program, [word], { cwd }), (error) => isLodgeError(error, 'COMMAND_FAILED'));
  }
});

test('nothing listens to our end any more when the programs have ended', async () => {
  const before = process.listenerCount('exit');
  await Promise.all(Array.from({ length: 30 }, () => shell('exit 0')));
  assert.equal(process.listenerCount('exit'), before);
});
