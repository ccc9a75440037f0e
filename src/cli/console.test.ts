import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cliCommand, runCliProcess } from '../../test/support/cli-process.ts';
import { type FakeDaemon, startFakeDaemon } from '../../test/support/fake-daemon.ts';

/** A guest that greets, and says back what it is told. */
function echoes(daemon: FakeDaemon): string[] {
  const heard: string[] = [];
  daemon.onUpgrade((stream) => {
    stream.write('login: ');
    stream.on('error', () => undefined);
    stream.on('end', () => stream.end());
    stream.on('data', (chunk: Buffer) => {
      heard.push(chunk.toString('latin1'));
      stream.write(`<${chunk.toString('latin1')}>`);
    });
  });
  return heard;
}

/** Runs a shell line on a terminal of its own (util-linux `script`), typing each answer when its cue has been seen. */
async function onTerminal(
  line: string,
  root: string,
  dialogue: [cue: string, typed: string | (() => void)][],
): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', HOME: root, LODGE_ROOT: root, TERM: 'xterm', SHELL: '/bin/sh' };
  // A pty begins without a size.
  const child = spawn('script', ['-qec', `stty cols 100 rows 30; ${line}`, '/dev/null'], { env, cwd: root });
  // The line may end before the last thing is typed: what counts is what it showed.
  child.stdin.on('error', () => {});
  let screen = '';
  let rest = [...dialogue];
  child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
    screen += chunk;
    const [next] = rest;
    if (next === undefined || !screen.includes(next[0])) return;
    rest = rest.slice(1);
    if (typeof next[1] === 'string') child.stdin.write(next[1], 'latin1');
    else next[1]();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.deepEqual(rest, [], `the dialogue stopped; the screen: ${screen}`);
  assert.equal(code, 0, screen);
  return screen;
}

const shellLine = (words: string[]) => cliCommand(words).join(' ');

test('on a terminal Ctrl-C reaches the guest, Ctrl-] leaves, and the terminal is as it was', async () => {
  await using daemon = await startFakeDaemon();
  const heard = echoes(daemon);
  const line = `stty -a > before; ${shellLine(['console', 'web1'])} && stty -a > after; cmp before after && echo restored`;
  const screen = await onTerminal(line, daemon.root, [
    ['login: ', '\x03'],
    ['<\x03>', 'abc\x1dlost'],
    ['left the console', ''],
  ]);
  assert.match(screen, /Ctrl-\] leaves it/);
  assert.match(screen, /restored/);
  assert.deepEqual(heard.join(''), '\x03abc');
});

test('the terminal is put back when the guest ends', async () => {
  await using daemon = await startFakeDaemon();
  daemon.onUpgrade((stream) => stream.end('power down\r\n'));
  const line = `stty -a > before; ${shellLine(['console', 'web1'])}; stty -a > after; cmp before after && echo restored`;
  const screen = await onTerminal(line, daemon.root, []);
  assert.match(screen, /power down[\s\S]*the console of web1 was closed[\s\S]*restored/);
});

test('the terminal is put back when the console is terminated', async () => {
  await using daemon = await startFakeDaemon();
  echoes(daemon);
  const console = `sh -c 'echo $$ > pid; exec ${shellLine(['console', 'web1'])}'`;
  const line = `stty -a > before; ${console}; stty -a > after; cmp before after && echo restored`;
  const terminate = () => void process.kill(Number(readFileSync(join(daemon.root, 'pid'), 'utf8')), 'SIGTERM');
  assert.match(await onTerminal(line, daemon.root, [['login: ', terminate]]), /restored/);
});

test('piped input is sent as it is, escape byte and all', async () => {
  await using daemon = await startFakeDaemon();
  const heard = echoes(daemon);
  const { code, stderr } = await runCliProcess(daemon.root, ['console', 'web1'], { input: 'root\x1d\n' });
  assert.deepEqual({ code, stderr, heard: heard.join('') }, { code: 0, stderr: '', heard: 'root\x1d\n' });
});

test('the end of input at the question of rm is a no, and the cursor is there again', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('GET /v1/guests/*', () => ({}));
  const line = `${shellLine(['rm', 'web1'])}; test $? = 130 && echo refused`;
  const screen = await onTerminal(line, daemon.root, [['Type its name, or y', '\x04']]);
  assert.match(screen, /web1 stays: it was not confirmed[\s\S]*refused/);
  assert.ok(screen.lastIndexOf('\x1b[?25h') > screen.lastIndexOf('\x1b[?25l'), 'the cursor is hidden');
  assert.ok(daemon.requests.every(({ method }) => method === 'GET'));
});

test('a terminal without a size counts as one of 80 columns', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('GET /v1/guests/*', () => ({}));
  const line = `stty cols 0 rows 0; ${shellLine(['rm', 'web1'])}; true`;
  // The cursor is hidden when the question is there, however it is broken into lines.
  const screen = await onTerminal(line, daemon.root, [['\x1b[?25l', '\r']]);
  assert.match(screen, /Delete web1 with its disk and everything on it\? Type its name, or y\./);
});

test('rm on a terminal takes the name for a yes, and anything else for a no', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('GET /v1/guests/*', () => ({}));
  const done = { id: 'a', kind: 'guest.rm', subject: 'web1', state: 'done', steps: [], error: null };
  daemon.on('DELETE /v1/guests/*', () => done);
  const asked = 'Type its name, or y';
  const no = `${shellLine(['rm', 'web1'])}; test $? = 130 && echo refused`;
  assert.match(await onTerminal(no, daemon.root, [[asked, 'no\r']]), /it was not confirmed[\s\S]*refused/);
  assert.ok(daemon.requests.every(({ method }) => method === 'GET'));
  assert.match(await onTerminal(shellLine(['rm', 'web1']), daemon.root, [[asked, 'web1\r']]), /web1 was removed/);
});
