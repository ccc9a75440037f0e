import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';

let lodge: LodgeInstance;
before(async () => {
  lodge = await LodgeInstance.open('lgsm');
});
after(() => lodge.close());

test('a guest with an empty disk is made, listed, stopped, started and removed without a trace', async () => {
  const made = await lodge.run(['create', 'blank1', '--image', 'none', '--disk', '64MiB', '--memory', '64MiB']);
  assert.equal(made.exitCode, 0, made.stderr);
  const rows = await lodge.json<{ name: string; phase: string }[]>(['ls']);
  assert.deepEqual(
    rows.map(({ name, phase }) => `${name} ${phase}`),
    ['blank1 running'],
  );
  await waitsAndIsSetBack('blank1');
  assert.equal((await lodge.run(['stop', 'blank1', '--timeout', '1s'])).exitCode, 0);
  assert.equal((await lodge.show('blank1')).phase, 'stopped');
  assert.equal((await lodge.run(['start', 'blank1'])).exitCode, 0);
  assert.notEqual((await lodge.show('blank1')).pid, null);
  assert.equal((await lodge.run(['rm', 'blank1', '--yes'])).exitCode, 0);
  assert.deepEqual(await lodge.leftovers(), []);
});

/** What waits for a restart is apart from what runs, and waits no more when it is set back. */
async function waitsAndIsSetBack(name: string): Promise<void> {
  assert.match((await lodge.run(['set', name, '--memory', '128MiB'])).stdout, /its next start applies it/);
  const changed = await lodge.show(name);
  assert.deepEqual([changed.running?.memoryMiB, changed.spec.memoryMiB, changed.pendingRestart], [64, 128, true]);
  // The table that the daemon makes, as the launcher prints it without Node.
  assert.match((await lodge.run(['ls'])).stdout, /AT NEXT START\n.* 64MiB .* memory 128MiB\n$/);
  assert.match((await lodge.run(['show', name])).stdout, /memory +64MiB.*; 128MiB at the next start\n/);
  assert.equal((await lodge.run(['set', name, '--publish', '8081:80'])).exitCode, 0);
  assert.doesNotMatch((await lodge.run(['set', name, '--memory', '64MiB'])).stdout, /next start/);
  const back = await lodge.show(name);
  assert.deepEqual([back.pendingRestart, back.pending, back.running?.nic.publish.length], [false, [], 1]);
  assert.equal((await lodge.run(['set', name, '--unpublish'])).exitCode, 0);
}

test('events tell of every phase, in their order', async () => {
  const listener = lodge.spawn(['events', '--json', '--since', '0']);
  let said = '';
  listener.stdout?.on('data', (data) => {
    said += data;
  });
  const phases = () =>
    [...said.matchAll(/"type":"guest.phase","guest":"blank1","phase":"(\w+)"/g)].map(([, phase]) => phase);
  await eventually('the removal', () => phases().includes('removing'), 60_000);
  listener.kill('SIGKILL');
  assert.deepEqual(phases(), ['running', 'stopping', 'stopped', 'starting', 'running', 'removing']);
});

test('rules that another program flushed are put back while guests run', async () => {
  const made = await lodge.run(['create', 'guarded1', '--image', 'none', '--disk', '64MiB', '--memory', '64MiB']);
  assert.equal(made.exitCode, 0, made.stderr);
  const tables = async () =>
    (await lodge.namespaces.run('host', 'nft', ['list', 'tables'])).stdout.split('\n').sort().join('\n');
  const before = await tables();
  assert.match(before, /table inet lodge_/);
  await lodge.namespaces.run('host', 'nft', ['flush', 'ruleset']);
  await eventually('the rules are back', async () => (await tables()) === before, 60_000);
  const setting = async (path: string) =>
    (await lodge.namespaces.run('host', 'cat', [`/proc/sys/${path}`])).stdout.trim();
  const { stdout } = await lodge.namespaces.run('host', 'ls', ['/proc/sys/net/ipv4/conf']);
  const forwarding = stdout
    .split('\n')
    .flatMap((name) => (/^lg/.test(name) ? [`net/ipv4/conf/${name}/forwarding`] : []));
  assert.equal(forwarding.length, 1);
  // The way back of a plan that let the host forward does this.
  for (const value of ['1', '0']) await lodge.namespaces.sysctl('host', 'net.ipv4.ip_forward', value);
  assert.equal(await setting(forwarding[0] ?? ''), '0');
  await eventually('the tap forwards again', async () => (await setting(forwarding[0] ?? '')) === '1', 60_000);
  assert.equal((await lodge.run(['rm', 'guarded1', '--yes'])).exitCode, 0);
  assert.deepEqual(await lodge.leftovers(), []);
});

test('what cannot be built is refused before any work: the name, the room, with every other mistake at once', async () => {
  const small = await LodgeInstance.open('lgfl');
  const { imagesDir } = small.layout;
  await mkdir(imagesDir, { recursive: true });
  // Before the daemon starts: it has a mount namespace of its own.
  await exec('mount', ['-t', 'tmpfs', '-o', 'size=63m', 'tmpfs', imagesDir]);
  try {
    const unknown = await small.run(['image', 'build', 'debian-11']);
    assert.equal(unknown.exitCode, 3, unknown.stderr);
    assert.match(unknown.stderr, /cannot build debian-11: it builds debian-12 and debian-13/);
    assert.doesNotMatch(unknown.stderr, /back/);
    const full = await small.run(['image', 'build', 'debian-12']);
    assert.equal(full.exitCode, 4, full.stderr);
    assert.match(full.stderr, /building debian-12 needs about [\d.]+ GiB at .*images, 63 MiB are free/);
    const both = await small.run(['create', 'web1', '--image', 'debian-13', '--memory', '1MiB', '--dry-run']);
    assert.equal(both.exitCode, 2, both.stderr);
    assert.match(both.stderr, /building debian-13 needs about/);
    assert.match(both.stderr, /memory/);
    for (const file of ['/nowhere/disk.qcow2', '/etc/passwd', '/etc']) {
      const foreign = await small.run(['image', 'import', file, '--name', 'other']);
      assert.notEqual(foreign.exitCode, 0);
      assert.doesNotMatch(foreign.stderr, /taking it back/);
    }
    assert.deepEqual(await small.json(['operation', 'ls']), []);
  } finally {
    await exec('umount', [imagesDir]);
    await small.close();
  }
});
