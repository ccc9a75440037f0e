import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { cliCommand, runCliProcess, startCli } from '../../test/support/cli-process.ts';
import { guestRow } from '../../test/support/fake-answers.ts';
import { errorAnswer, startFakeDaemon } from '../../test/support/fake-daemon.ts';

const NO_GUEST = errorAnswer(404, { code: 'GUEST_NOT_FOUND', message: 'there is no guest wbeserver' });

/** Our command line within a line for the shell, as its `"$@"`. */
function runShell(
  line: string,
  args: readonly string[],
  root = tmpdir(),
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn('sh', ['-c', line, 'sh', ...cliCommand(args)], {
    cwd: root,
    env: { PATH: process.env.PATH, LODGE_ROOT: root },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) =>
    child.once('error', reject).once('close', (code) => resolve({ code, stderr })),
  );
}

describe('what every command does alike', () => {
  test('--version prints the version and needs no daemon', async () => {
    const { code, stdout } = await runCliProcess(tmpdir(), ['--version']);
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test('output that cannot be written is a failure that is told', async () => {
    for (const args of [['--help'], ['--version'], ['completion', 'bash']]) {
      const { code, stderr } = await runShell('exec "$@" >/dev/full', args);
      assert.deepEqual(
        [code, stderr],
        [1, 'lodge: the output could not be written: there is no room\n'],
        args.join(' '),
      );
    }
  });

  test('a directory that was removed is no bug', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests', () => []);
    const gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
    assert.equal((await runShell(gone, ['ls'], daemon.root)).code, 0);
    const named = await runShell(gone, ['image', 'import', 'x.qcow2'], daemon.root);
    assert.deepEqual([named.code, named.stderr], [3, 'lodge: x.qcow2: there is no such file or directory\n']);
  });

  test('an unknown command is a usage error with the one that was meant', async () => {
    const { code, stdout, stderr } = await runCliProcess(tmpdir(), ['strat', 'web1']);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.equal(stderr, 'lodge: there is no command strat\n  hint: perhaps this is meant: lodge start web1\n');
  });

  test('the usual words of other tools lead to ours', async () => {
    const meant = {
      list: 'ls',
      launch: 'create',
      shell: 'ssh',
      status: 'show',
      ps: 'ls',
      delete: 'rm',
      destroy: 'rm',
      shutdown: 'stop',
      info: 'show',
      version: '--version',
    };
    for (const [word, ours] of Object.entries(meant)) {
      const { code, stderr } = await runCliProcess(tmpdir(), [word]);
      assert.equal(code, 2, word);
      assert.equal(stderr, `lodge: there is no command ${word}\n  hint: perhaps this is meant: lodge ${ours}\n`);
    }
    const image = await runCliProcess(tmpdir(), ['image', 'remove', 'x']);
    assert.match(image.stderr, /hint: perhaps this is meant: lodge image rm x\n$/);
    const early = await runCliProcess(tmpdir(), ['--json', 'ls']);
    assert.equal(early.code, 2);
    const error = { code: 'USAGE', message: '--json comes after the command', hint: 'lodge ls … --json' };
    assert.deepEqual(JSON.parse(early.stdout), { error });
  });

  test('an unknown option under --json is JSON on stdout with the same code', async () => {
    const { code, stdout, stderr } = await runCliProcess(tmpdir(), ['create', 'web1', '--memroy', '1GiB', '--json']);
    assert.equal(code, 2);
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), {
      error: { code: 'USAGE', message: '--memroy: lodge create has no such option', hint: 'did you mean --memory?' },
    });
  });

  test('a noun alone shows its commands and is a usage error', async () => {
    const { code, stdout, stderr } = await runCliProcess(tmpdir(), ['image']);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /build \[options\] <name>/);
  });

  test('help before the words of a command is its --help after them', async () => {
    const [before, after] = await Promise.all([
      runCliProcess(tmpdir(), ['help', 'net', 'plan']),
      runCliProcess(tmpdir(), ['net', 'plan', '--help']),
    ]);
    assert.deepEqual(before, after);
    assert.match(before.stdout, /^Usage: lodge net plan /);
  });

  test('a guest that is not there is code 3, with the name that was meant', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/*', () => NO_GUEST);
    daemon.on('GET /v1/guests', () => [guestRow('db1'), guestRow('webserver')]);
    const { code, stderr } = await runCliProcess(daemon.root, ['show', 'wbeserver']);
    assert.equal(code, 3);
    assert.equal(stderr, 'lodge: there is no guest wbeserver\n  hint: did you mean webserver?\n');
  });

  test('an image that is not there is code 3, with the name that was meant', async () => {
    await using daemon = await startFakeDaemon();
    const error = { code: 'IMAGE_NOT_FOUND', message: 'there is no image debain-12' } as const;
    daemon.on('POST /v1/guests', () => errorAnswer(404, error));
    daemon.on('GET /v1/images', () => ({ images: [], buildable: ['debian-12', 'debian-13'] }));
    const { code, stdout } = await runCliProcess(daemon.root, ['create', 'a', '--image', 'debain-12', '--json']);
    assert.equal(code, 3);
    const message = `${error.message}, and no file of that name`;
    assert.deepEqual(JSON.parse(stdout), { error: { ...error, message, hint: 'did you mean debian-12?' } });
  });

  test('LODGE_ROOT with a path too long for a socket is refused with the reason', async () => {
    const { code, stderr } = await runCliProcess(tmpdir(), ['ls'], { env: { LODGE_ROOT: `/tmp/${'x'.repeat(100)}` } });
    assert.equal(code, 4);
    assert.match(stderr, /has 126 bytes and a unix socket's path at most 107/);
  });

  test('a reader that leaves early is no failure', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/*/logs', async ({ response }) => {
      for (let line = 0; line < 20_000 && !response.destroyed; line++)
        response.write(`line ${line} ${'x'.repeat(80)}\n`);
      response.end();
    });
    const cli = startCli(daemon.root, ['logs', 'web1'], { input: '' });
    await cli.seen('line 0');
    cli.child.stdout.destroy();
    const { code, stderr } = await cli.result;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });

  test('Ctrl-C of a command that only looks ends with 130', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/events', ({ response }) => {
      response.write('{"seq":1,"atMs":0,"type":"daemon","state":"started"}\n');
      return undefined;
    });
    const cli = startCli(daemon.root, ['events']);
    await cli.seen('1970-01-01 00:00:00 UTC  the daemon has started');
    cli.child.kill('SIGINT');
    assert.equal((await cli.result).code, 130);
  });

  test('daemon status and stop never start a daemon', async () => {
    await using daemon = await startFakeDaemon();
    const env = { LODGE_ROOT: `${daemon.root}/empty` };
    mkdirSync(env.LODGE_ROOT);
    const status = await runCliProcess(daemon.root, ['daemon', 'status', '--json'], { env });
    assert.equal(status.code, 5);
    assert.equal(JSON.parse(status.stdout).error.code, 'DAEMON_UNREACHABLE');
    const stop = await runCliProcess(daemon.root, ['daemon', 'stop'], { env });
    assert.deepEqual(stop, { code: 0, stdout: 'no daemon was running\n', stderr: '' });
  });
});

describe('ls', () => {
  test('an empty list says how to create the first guest', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests', () => []);
    const text = await runCliProcess(daemon.root, ['ls']);
    assert.deepEqual(text, { code: 0, stdout: '', stderr: 'no guests yet: lodge create web1 makes the first one\n' });
    assert.equal((await runCliProcess(daemon.root, ['ls', '--json'])).stdout, '[]\n');
  });

  test('one guest is a row under the heading', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests', () => [guestRow('web1', { ipv6: null, image: null, phase: 'stopped' })]);
    const { stdout } = await runCliProcess(daemon.root, ['ls']);
    assert.equal(
      stdout,
      'NAME  STATE    IPV4       IPV6  MEMORY  VCPUS  IMAGE\nweb1  stopped  10.83.0.2  -     1GiB    1      -\n',
    );
  });

  test('a thousand guests are a thousand rows', async () => {
    await using daemon = await startFakeDaemon();
    const rows = Array.from({ length: 1000 }, (_, index) => guestRow(`guest-${index}`));
    daemon.on('GET /v1/guests', () => rows);
    const { stdout } = await runCliProcess(daemon.root, ['ls']);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 1001);
    assert.match(lines.at(-1) ?? '', /^guest-999 +running /);
    assert.deepEqual(JSON.parse((await runCliProcess(daemon.root, ['ls', '--json'])).stdout), rows);
  });

  test('a reader that takes its time gets every line', async () => {
    await using daemon = await startFakeDaemon();
    const rows = Array.from({ length: 10_000 }, (_, index) => guestRow(`guest-${index}`));
    daemon.on('GET /v1/guests', () => rows);
    const cli = startCli(daemon.root, ['ls', '--json'], { input: '' });
    cli.child.stdout.pause();
    // A command that does not wait for its reader has ended by then.
    await Promise.race([once(cli.child, 'exit'), setTimeout(1500)]);
    cli.child.stdout.resume();
    const { code, stdout } = await cli.result;
    assert.equal(code, 0);
    assert.equal((JSON.parse(stdout) as unknown[]).length, 10_000);
  });
});
