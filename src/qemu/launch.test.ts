import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchCommand, systemdRunArguments } from './launch.ts';
import { withLogWriter } from './log-writer.ts';

const qemuLog = { file: '/var/lib/q.log', pipe: '/run/q.qemu' };
const launch = {
  binary: '/usr/bin/qemu',
  argv: ['-S', 'a$b'],
  user: { uid: 995, gid: 994 },
  confinement: null,
  logs: { qemuLog, serialLog: null },
  logWriter: { uid: 1_900_000_000, gid: 1_900_000_000 },
};

test('without systemd setpriv becomes QEMU', () => {
  assert.equal(
    launchCommand(launch).join(' '),
    'setpriv --reuid 995 --regid 994 --init-groups --no-new-privs -- /usr/bin/qemu -S a$b',
  );
  const guest = { uid: 1_900_000_001, gid: 1_900_000_001, groups: [994, 104] };
  assert.equal(
    launchCommand({ ...launch, user: guest }).join(' '),
    'setpriv --reuid 1900000001 --regid 1900000001 --groups 994,104 --no-new-privs -- /usr/bin/qemu -S a$b',
  );
  assert.deepEqual(launchCommand({ ...launch, user: null }), ['/usr/bin/qemu', '-S', 'a$b']);
});

test('with systemd it is a transient unit with the limits that were asked for', () => {
  const unit = {
    name: 'lodge-guest-web1',
    description: 'guest web1',
    memoryMaxMiB: 1536,
    stoppedAfter: 'lodge.service',
    cpuQuotaPercent: 150,
  };
  const args = systemdRunArguments(launch, unit, '/proc/7/ns/net');
  const flags = ['--unit=lodge-guest-web1', '--description=guest web1', '--collect', '--quiet', '--slice=lodge.slice'];
  assert.deepEqual(args.slice(0, 5), flags);
  // systemd makes one of two (systemd.service(5)).
  const words = args.slice(args.indexOf('--') + 1).map((word) => word.replaceAll('$$', '$'));
  assert.deepEqual(words, withLogWriter(launchCommand(launch), launch.logs, launch.logWriter));
  assert.equal(args.at(-1), 'a$$b');
  for (const property of [
    'MemoryMax=1536M',
    'CPUQuota=150%',
    'NetworkNamespacePath=/proc/7/ns/net',
    'Before=lodge.service',
    'OOMPolicy=continue',
  ]) {
    assert.ok(args.includes(`--property=${property}`), property);
  }
});

test('a unit without limits has none, and stays in the network namespace systemd gives', () => {
  const args = systemdRunArguments({ ...launch, user: null }, { name: 'x', description: 'x' }, null).join(' ');
  assert.doesNotMatch(args, /MemoryMax|CPUQuota|Before|NetworkNamespacePath|User=/);
});

test('systemd is given the words so that it puts nothing into them', () => {
  const odd = { ...launch, user: null, argv: ['-cdrom', '/srv/$x.iso', '$$'] };
  const args = systemdRunArguments(odd, { name: 'x', description: 'x' }, null);
  assert.deepEqual(args.slice(-4), [launch.binary, '-cdrom', '/srv/$$x.iso', '$$$$']);
});
