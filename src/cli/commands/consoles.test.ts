import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCliProcess, startCli } from '../../../test/support/cli-process.ts';
import { guestDetail, guestRow } from '../../../test/support/fake-answers.ts';
import { type FakeDaemon, startFakeDaemon } from '../../../test/support/fake-daemon.ts';
import { connectSocket } from '../../api/client.ts';
import { relayOnce } from '../vnc-viewer.ts';

/** A directory with a program of ours in front of the PATH. */
function withProgram(daemon: FakeDaemon, name: string, script: string): { PATH: string } {
  const directory = join(daemon.root, 'bin');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
  return { PATH: `${directory}:${process.env.PATH ?? ''}` };
}

describe('ssh', () => {
  test("uses Lodge's key and host key, and passes the exit code on", async () => {
    await using daemon = await startFakeDaemon();
    const identityFile = join(daemon.root, 'id');
    const knownHostsFile = join(daemon.root, 'known hosts');
    for (const file of [identityFile, knownHostsFile]) writeFileSync(file, '');
    const { ssh } = guestDetail('web1');
    daemon.on('GET /v1/guests/web1', () => guestDetail('web1', { ssh: { ...ssh, identityFile, knownHostsFile } }));
    const env = withProgram(daemon, 'ssh', 'for word; do echo "$word"; done; exit 42');
    const { code, stdout } = await runCliProcess(daemon.root, ['ssh', 'web1', '--', 'ls', '-l', '--json'], { env });
    assert.equal(code, 42);
    assert.deepEqual(stdout.trim().split('\n'), [
      ...['-o', `IdentityFile="${identityFile}"`, '-o', 'IdentitiesOnly=yes'],
      ...['-o', `UserKnownHostsFile="${knownHostsFile}"`, '-o', 'StrictHostKeyChecking=yes'],
      ...['-o', 'ConnectTimeout=20', '-p', '22', '--', 'root@10.83.0.2', 'ls', '-l', '--json'],
    ]);
  });

  test('who may not read root’s files has the host key from the daemon, and is told of his own key when that does not let him in', async () => {
    await using daemon = await startFakeDaemon();
    const { ssh } = guestDetail('web1');
    const hostKeys = ['ssh-ed25519 AAAAone', 'ecdsa-sha2-nistp256 AAAAtwo'];
    daemon.on('GET /v1/guests/web1', () => guestDetail('web1', { ssh: { ...ssh, hostKeys } }));
    const env = withProgram(daemon, 'ssh', 'printf "%s\\n" "$@"; exit 255');
    const { stdout, stderr } = await runCliProcess(daemon.root, ['ssh', 'web1'], { env });
    const command =
      'KnownHostsCommand=/usr/bin/printf "%%s %%s %%s\\n" 10.83.0.2 ssh-ed25519 AAAAone 10.83.0.2 ecdsa-sha2-nistp256 AAAAtwo';
    assert.deepEqual(stdout.split('\n').slice(0, 6), [
      ...['-o', 'UserKnownHostsFile=none', '-o', command, '-o', 'StrictHostKeyChecking=yes'],
    ]);
    assert.match(stderr, /yours has to be in the guest.*lodge set web1 --ssh-key FILE/);
  });

  test('an option before -- is refused with the right form, and words without one are the guest’s', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/web1', () => guestDetail('web1'));
    const env = withProgram(daemon, 'ssh', 'for word; do echo "$word"; done');
    const wrong = await runCliProcess(daemon.root, ['ssh', 'web1', '-v', '--', 'hostname'], { env });
    const why =
      'lodge: -v: lodge ssh has no such option\n  hint: what is for the guest comes after --: lodge ssh web1 -- hostname\n';
    assert.deepEqual(wrong, { code: 2, stdout: '', stderr: why });
    for (const words of [
      ['web1', '--json', '--', 'hostname'],
      ['--json', 'web1'],
      ['web1', '--json'],
    ]) {
      const { code, stdout } = await runCliProcess(daemon.root, ['ssh', ...words], { env });
      assert.equal(code, 2, words.join(' '));
      assert.equal(JSON.parse(stdout).error.code, 'USAGE');
    }
    const plain = await runCliProcess(daemon.root, ['ssh', 'web1', 'ls', '--json'], { env });
    assert.match(plain.stdout, /\n--\nroot@10\.83\.0\.2\nls\n--json\n$/);
    const console = await runCliProcess(daemon.root, ['console', 'web1', '--json']);
    const message = "--json: lodge console has none: its output is the guest's own";
    assert.deepEqual(JSON.parse(console.stdout).error, { code: 'USAGE', message, hint: 'lodge console --help' });
  });

  test('a guest that is off is refused with the command that starts it', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/web1', () => guestDetail('web1', { phase: 'stopped' }));
    const { code, stderr } = await runCliProcess(daemon.root, ['ssh', 'web1']);
    assert.equal(code, 4);
    assert.equal(stderr, 'lodge: web1 is stopped: ssh needs a running guest\n  hint: lodge start web1\n');
  });
});

test('a guest whose QEMU does not run yet says what to wait for, and no path of a socket that is not there', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('GET /v1/guests/web1', () => guestDetail('web1', { phase: 'creating', pid: null, operation: 'a1b2' }));
  for (const words of [
    ['ssh', 'web1'],
    ['vnc', 'web1'],
    ['vnc', 'web1', '--open'],
  ]) {
    const { code, stdout, stderr } = await runCliProcess(daemon.root, words);
    const why = `lodge: web1 is still being made: ${words[0]} comes when it runs\n  hint: lodge operation wait a1b2\n`;
    assert.deepEqual([code, stdout, stderr], [4, '', why]);
  }
});

describe('logs and command', () => {
  test('logs --follow shows what comes as it comes', async () => {
    await using daemon = await startFakeDaemon();
    let say = (_text: string) => {};
    daemon.on('GET /v1/guests/web1/logs', ({ response, query }) => {
      say = (text) => void response.write(text);
      say(`${query}\n`);
      return undefined;
    });
    const cli = startCli(daemon.root, ['logs', 'web1', '--follow', '--tail', '5', '--source', 'qemu']);
    await cli.seen('source=qemu&tail=5&follow=1\n');
    say('later\n');
    await cli.seen('later\n');
    cli.child.kill('SIGINT');
    assert.equal((await cli.result).code, 130);
  });

  test('command prints one option a line, --shell what can be pasted', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/web1/command', () => ({ arguments: ['/usr/bin/qemu', '-name', 'guest=web1', '-S'] }));
    const { stdout } = await runCliProcess(daemon.root, ['command', 'web1']);
    assert.equal(stdout, '/usr/bin/qemu\n-name guest=web1\n-S\n');
    const pasted = await runCliProcess(daemon.root, ['command', 'web1', '--shell']);
    assert.equal(pasted.stdout, '/usr/bin/qemu \\\n-name guest=web1 \\\n-S\n');
  });
});

describe('vnc', () => {
  test('says the socket and the tunnel', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/web1', () => guestDetail('web1'));
    const env = { SSH_CONNECTION: '198.51.100.7 50111 192.0.2.200 2222' };
    const { stdout } = await runCliProcess(daemon.root, ['vnc', 'web1'], { env });
    const tunnel =
      /\nfrom your own machine: ssh -p 2222 -N -L 5901:\/run\/lodge\/guests\/web1\/vnc\.sock root@192\.0\.2\.200\n/;
    assert.match(stdout, tunnel);
  });

  /** Only the program of ours: what else is installed on this machine is not looked for. */
  const withViewer = (daemon: FakeDaemon, script: string) => {
    const [PATH] = withProgram(daemon, 'vncviewer', script).PATH.split(':');
    return { PATH: PATH ?? '', DISPLAY: ':77' };
  };

  test('--open starts the viewer at hand and ends with it, saying what it complained of', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/web1', () => guestDetail('web1'));
    const env = withViewer(daemon, 'echo first >&2; echo "cannot open display" >&2; exit 3');
    const { code, stderr } = await runCliProcess(daemon.root, ['vnc', 'web1', '--open'], { env });
    assert.equal(code, 3);
    assert.match(stderr, /^vncviewer reaches the guest through 127\.0\.0\.1:\d+, which takes one connection/);
    assert.match(stderr, /\nvncviewer ended with 3: cannot open display\n$/);
  });

  test('--open without a display says so and what to do, and starts nothing', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/web1', () => guestDetail('web1'));
    const env = { ...withViewer(daemon, 'exit 0'), DISPLAY: '', WAYLAND_DISPLAY: '' };
    const { code, stderr } = await runCliProcess(daemon.root, ['vnc', 'web1', '--open'], { env });
    assert.equal(code, 4);
    assert.match(
      stderr,
      /^lodge: there is no display here: .*\n {2}hint: log in with .* from your own machine: .*lodge vnc web1\n$/,
    );
  });

  test('--open without a viewer says which to install', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests/web1', () => guestDetail('web1'));
    const env = { PATH: daemon.root, DISPLAY: ':77' };
    const { code, stderr } = await runCliProcess(daemon.root, ['vnc', 'web1', '--open'], { env });
    assert.deepEqual([code, stderr.split('\n')[0]], [1, 'lodge: no VNC viewer is installed here']);
  });

  test('the loopback port carries one connection and is gone then', async () => {
    await using daemon = await startFakeDaemon();
    const guest = createServer((socket) => socket.write('RFB 003.008\n'));
    const path = join(daemon.root, 'vnc.sock');
    guest.listen(path);
    await once(guest, 'listening');
    const port = await relayOnce(() => connectSocket(path));
    const viewer = connect(port, '127.0.0.1');
    const [greeting] = (await once(viewer, 'data')) as [Buffer];
    assert.equal(greeting.toString(), 'RFB 003.008\n');
    const [second] = (await once(connect(port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    assert.equal(second.code, 'ECONNREFUSED');
    viewer.destroy();
    guest.close();
    await once(guest, 'close');
  });
});

describe('completion', () => {
  const words = (...typed: string[]) => ['complete', '--', ...typed];

  test('knows live names when a daemon runs, and starts none', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests', () => [guestRow('web1'), guestRow('web2'), guestRow('db1')]);
    const live = await runCliProcess(daemon.root, words('rm', 'web1', 'web'));
    assert.equal(live.stdout, 'web2\n:4\n', 'without the one that stands there');
    const env = { LODGE_ROOT: join(daemon.root, 'empty') };
    const dead = await runCliProcess(daemon.root, words('rm', ''), { env });
    assert.deepEqual(dead, { code: 0, stdout: ':4\n', stderr: '' });
  });

  test('knows commands, options and their values, and leaves files to the shell', async () => {
    await using daemon = await startFakeDaemon();
    const complete = async (...typed: string[]) => (await runCliProcess(daemon.root, words(...typed))).stdout;
    assert.match(await complete('image', 'b'), /^build\tbuild a Debian image/);
    assert.equal(await complete('create', 'web1', '--firmware', ''), 'bios\nuefi\n:4\n');
    assert.match(await complete('create', 'web1', '--no-st'), /^--no-start-with-host\t/);
    assert.equal(await complete('create', 'web1', '--iso', './a'), ':0\n');
  });

  test('the scripts are what their shells can read', async () => {
    await using daemon = await startFakeDaemon();
    const { code, stdout } = await runCliProcess(daemon.root, ['completion', 'bash']);
    assert.equal(code, 0);
    const checked = startCli(daemon.root, ['completion', 'tcsh']);
    assert.equal((await checked.result).code, 2);
    assert.match(stdout, /complete -o default -F \w+ lodge/);
  });
});
