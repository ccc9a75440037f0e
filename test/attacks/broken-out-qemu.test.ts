import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chown, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { landlockVersion } from '../../src/host/landlock.ts';
import { groupsOf, lookupUser, QEMU_USER } from '../../src/host/users.ts';
import { guestLayoutOf } from '../../src/model/layout.ts';
import { isGuestId } from '../../src/model/unix-ids.ts';
import { observeQemu } from '../../src/qemu/abilities.ts';
import { confineCommand } from '../../src/qemu/confine.ts';
import type { Monitor } from '../../src/qemu/monitor.ts';
import { keepMonitor } from '../../src/qemu/monitor-keeper.ts';
import { confinementOf } from '../../src/render/qemu-confinement.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { findLogWriters } from '../support/log-writers.ts';
import { eventually } from '../support/netns.ts';

const SMALL = ['--memory', '64MiB', '--accel', 'tcg', '--no-wait', '--image', 'tiny'];
const SECRET = 'hunter2 of the victim';

/** What is open to this process below the directories: files for reading or writing, sockets to connect to. */
const OPEN_ALL = `
use File::Find;
use IO::Socket::UNIX;
for my $place (@ARGV) {
  find({ no_chdir => 1, wanted => sub {
    print "read $_\\n" if -f $_ && open(my $file, "<", $_);
    print "write $_\\n" if -f $_ && open(my $other, "+<", $_);
    print "connect $_\\n" if -S $_ && IO::Socket::UNIX->new(Peer => $_);
    print "list $_\\n" if -d $_ && opendir(my $directory, $_) && $_ ne $place;
  } }, $place);
}
`;

let lodge: LodgeInstance;
let hostile = 0;
let victim = 0;

before(async () => {
  lodge = await LodgeInstance.open('lgabq');
  const disk = Buffer.alloc(1024 * 1024, 'image');
  disk.writeUInt16BE(0x55aa, 510);
  disk.fill(0, 446, 510);
  await writeFile(`${lodge.root}/tiny.raw`, disk);
  await writeFile(`${lodge.root}/user-data`, `#cloud-config\npassword: ${SECRET}\n`, { mode: 0o600 });
  const ok = async (args: string[], env: Record<string, string> = {}) => {
    const { exitCode, stderr } = await lodge.run(args, env);
    assert.equal(exitCode, 0, stderr);
  };
  const secrets = { LODGE_TEST_SECRET: SECRET, http_proxy: `http://user:${SECRET.split(' ')[0]}@127.0.0.1:9` };
  await ok(['image', 'import', `${lodge.root}/tiny.raw`, '--name', 'tiny'], secrets);
  await ok(['image', 'import', `${lodge.root}/tiny.raw`, '--name', 'other']);
  // What ends it is looked at, and no other QEMU is started meanwhile.
  await ok(['create', 'hostile', ...SMALL, '--restart', 'no']);
  await ok(['create', 'victim', ...SMALL, '--user-data', `${lodge.root}/user-data`]);
  hostile = await pidOf('hostile');
  victim = await pidOf('victim');
});
after(async () => {
  await lodge.run(['rm', 'hostile', 'victim', '--yes']);
  await lodge.close();
});

async function pidOf(name: string): Promise<number> {
  return Number(await readFile(guestLayoutOf(lodge.layout, name, 'qcow2').pidFile, 'utf8'));
}

async function idsOf(pid: number): Promise<{ uid: number; gid: number; groups: number[] }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const numbers = (key: string) =>
    (new RegExp(`^${key}:(.*)$`, 'm').exec(status)?.[1] ?? '').trim().split(/\s+/).filter(Boolean).map(Number);
  return { uid: numbers('Uid')[0] ?? 0, gid: numbers('Gid')[0] ?? 0, groups: numbers('Groups') };
}

async function spawnAsHostile(...program: string[]): Promise<ChildProcessWithoutNullStreams> {
  const { uid, gid, groups } = await idsOf(hostile);
  const identity = ['--reuid', String(uid), '--regid', String(gid), '--groups', groups.join(','), '--no-new-privs'];
  const namespace = ['netns', 'exec', lodge.namespaces.nameOf('host')];
  return spawn('ip', [...namespace, 'setpriv', ...identity, '--', ...program], { cwd: '/' });
}

/** Runs a program as what has broken out of the QEMU of `hostile`: its user, its groups, in the host's network namespace. */
async function asHostile(...program: string[]): Promise<{ exitCode: number; stdout: string }> {
  const child = await spawnAsHostile(...program);
  let stdout = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ exitCode: code ?? -1, stdout })));
}

test('QEMU of one guest reads, writes or lists what is of another', async () => {
  const [mine, other] = [await idsOf(hostile), await idsOf(victim)];
  assert.notEqual(mine.uid, other.uid);
  assert.notEqual(mine.gid, other.gid);
  assert.deepEqual(new Set(mine.groups), new Set(groupsOf(QEMU_USER)));
  const places = [`${lodge.layout.stateDir}/guests/victim`, `${lodge.layout.runDir}/guests/victim`];
  assert.equal((await asHostile('perl', '-e', OPEN_ALL, ...places)).stdout, '');
  // The same walk finds everything that is its own.
  const own = places.map((path) => path.replace('victim', 'hostile'));
  const { stdout } = await asHostile('perl', '-e', OPEN_ALL, ...own);
  assert.match(stdout, /write \S+\/hostile\/disk\.qcow2\n/);
});

test('QEMU of one guest reads the files of Lodge, or writes an image', async () => {
  const { stdout } = await asHostile('perl', '-e', OPEN_ALL, lodge.layout.stateDir, lodge.layout.runDir);
  const found = stdout.split('\n').filter((line) => !line.includes('/guests/hostile') && !line.startsWith('list '));
  const allowed = [
    /^read \S+\/images\/(tiny|other)\.qcow2$/,
    /^read \S+\/nat\//,
    /^read \S+\/accelerators\.json$/,
    /^$/,
  ];
  assert.deepEqual(
    found.filter((line) => !allowed.some((pattern) => pattern.test(line))),
    [],
  );
});

test('QEMU of one guest traces, ends or looks into the QEMU of another', async () => {
  for (const script of [
    `kill -0 ${victim}`,
    `kill -9 ${victim}`,
    `cat /proc/${victim}/environ`,
    `cat /proc/${victim}/maps`,
    `ls /proc/${victim}/fd`,
    `head -c 1 /proc/${victim}/mem`,
  ]) {
    assert.notEqual((await asHostile('sh', '-c', `${script} 2>/dev/null`)).exitCode, 0, script);
  }
  assert.equal(await pidOf('victim'), victim);
});

test("QEMU of one guest opens another's tap, or one of the host's links", async () => {
  const { spec } = await lodge.show('victim');
  // TUNSETIFF with IFF_TAP, IFF_NO_PI and IFF_VNET_HDR (linux/if_tun.h).
  const attach =
    'open(my $tun, "+<", "/dev/net/tun") or exit 3; ioctl($tun, 0x400454ca, pack("a16 s x22", $ARGV[0], 0x5002)) or exit 4';
  assert.equal((await asHostile('perl', '-e', attach, spec.nic.tap)).exitCode, 4);
});

test('what the daemon has in its environment is in that of QEMU, or of the name service', async () => {
  const environment = (await readFile(`/proc/${hostile}/environ`, 'utf8')).split('\0').filter(Boolean);
  assert.deepEqual(environment.map((line) => line.split('=')[0]).sort(), ['LC_ALL', 'PATH']);
  const dnsmasq = (await readFile(`${lodge.layout.runDir}/nat/dnsmasq.pid`, 'utf8')).trim();
  assert.doesNotMatch(await readFile(`/proc/${dnsmasq}/environ`, 'utf8'), /hunter2/);
});

test('descriptors that are nothing of the guest are open in QEMU', async () => {
  const links = await Promise.all(
    (await readdir(`/proc/${hostile}/fd`)).map((fd) => readlink(`/proc/${hostile}/fd/${fd}`).catch(() => '')),
  );
  const allowed = [
    /^(socket|pipe|anon_inode):/,
    /^\/dev\/(null|net\/tun|kvm|urandom)$/,
    /\/guests\/hostile\//,
    /\/run\/lodge\/logs\/hostile\.(qemu|serial)$/,
    /\/images\/tiny/,
  ];
  assert.deepEqual(
    links.filter((link) => link !== '' && !allowed.some((pattern) => pattern.test(link))),
    [],
  );
});

/** What a guest's QEMU is confined to, for a program in its place. */
async function inPlaceOfHostile(program: string, ...args: string[]): Promise<{ exitCode: number; stdout: string }> {
  const { spec } = await lodge.show('hostile');
  const image = { path: `${lodge.layout.imagesDir}/tiny.qcow2`, format: 'qcow2' as const };
  const layout = guestLayoutOf(lodge.layout, 'hostile', 'qcow2');
  const about = { spec, layout, image, accel: 'tcg' as const, firstBoot: false, identityFiles: [] };
  const confinement = confinementOf({ ...about, abilities: await observeQemu() });
  return asHostile(...confineCommand(confinement, [program, ...args]));
}

test('what has broken out of QEMU opens a file of the host, or an image of other guests', async () => {
  const reads =
    'for (@ARGV) { print "read $_\n" if open(my $file, "<", $_); print "write $_\n" if open(my $file, ">>", $_) }';
  const { imagesDir, stateDir, runDir } = lodge.layout;
  const own = [`${stateDir}/guests/hostile/disk.qcow2`, `${stateDir}/guests/hostile/qemu.pid`];
  const image = `${imagesDir}/tiny.qcow2`;
  const others = [
    '/etc/passwd',
    '/etc/hostname',
    '/proc/1/cmdline',
    `/proc/${victim}/cmdline`,
    `${lodge.root}/tiny.raw`,
  ];
  const files = [...others, `${imagesDir}/other.qcow2`, `${runDir}/accelerators.json`, image, ...own];
  const unconfined = (await asHostile('perl', '-e', reads, ...files)).stdout;
  for (const path of ['/etc/passwd', `/proc/${victim}/cmdline`, `${imagesDir}/other.qcow2`]) {
    assert.ok(unconfined.includes(`read ${path}\n`), `its user may read ${path}`);
  }
  const { stdout } = await inPlaceOfHostile('/usr/bin/perl', '-e', reads, ...files);
  assert.deepEqual(stdout.trim().split('\n'), [
    `read ${image}`,
    ...own.flatMap((path) => [`read ${path}`, `write ${path}`]),
  ]);
});

test('what has broken out of QEMU starts a program, fills the file system of /run, puts a link in the place of its socket, connects, or signals', async () => {
  const run = `${lodge.layout.runDir}/guests/hostile`;
  const tries = `
    use IO::Socket::INET;
    use IO::Socket::UNIX;
    my ($run, $pid) = @ARGV;
    print "link\n" if symlink("$run/../victim/serial.sock", "$run/link.sock");
    print "program\n" if system("/bin/true") == 0;
    my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1");
    print "listen\n" if $server;
    print "connect\n" if IO::Socket::INET->new("127.0.0.1:9") || $!{ECONNREFUSED};
    print "signal\n" if kill(0, $pid);
    print "own\n" if IO::Socket::UNIX->new(Local => "$run/new", Listen => 1) && unlink("$run/new");
    print "fill\n" if open(FILL, ">>", "$run/fill") && syswrite(FILL, "x");
  `;
  const bystander = spawnAsHostile('sleep', '600');
  try {
    const words = ['-MErrno', '-e', tries, run, String((await bystander).pid)];
    const unconfined = (await asHostile('perl', ...words)).stdout;
    assert.equal(unconfined, 'link\nprogram\nlisten\nconnect\nsignal\nown\nfill\n');
    await rm(`${run}/link.sock`);
    await rm(`${run}/fill`);
    const version = await landlockVersion();
    const left = [...(version < 4 ? ['listen', 'connect'] : []), ...(version < 6 ? ['signal'] : []), 'own'];
    assert.deepEqual((await inPlaceOfHostile('/usr/bin/perl', ...words)).stdout.trim().split('\n'), left);
  } finally {
    (await bystander).kill('SIGKILL');
  }
});

test('QEMU itself is told by its own monitor to open what it has no business with', async () => {
  assert.equal((await lodge.run(['daemon', 'stop'])).exitCode, 0);
  const connected = Promise.withResolvers<Monitor>();
  // QEMU takes the next client when it has seen that the daemon is gone.
  const keeper = keepMonitor({
    socketPath: `${lodge.layout.runDir}/guests/hostile/qmp.sock`,
    isAlive: async () => true,
    onConnected: connected.resolve,
    onGone: () => connected.reject(new Error('QEMU is gone')),
  });
  const monitor = await connected.promise;
  const opens = (filename: string) =>
    monitor
      .execute('blockdev-add', { driver: 'file', 'node-name': 'stolen', filename, 'read-only': true })
      .then(() => monitor.execute('blockdev-del', { 'node-name': 'stolen' }))
      .then(
        () => true,
        () => false,
      );
  try {
    for (const path of ['/etc/passwd', `${lodge.layout.imagesDir}/other.qcow2`, `${lodge.root}/tiny.raw`]) {
      assert.equal(await opens(path), false, path);
    }
    assert.equal(await opens(`${lodge.layout.imagesDir}/tiny.qcow2`), true);
  } finally {
    await keeper.stop();
  }
  assert.equal((await lodge.run(['show', 'hostile'])).exitCode, 0);
});

test('the writers of logs obey QEMU, or a pipe of its own or of another serves it for more than writing', async () => {
  const logs = (name: string) => guestLayoutOf(lodge.layout, name, 'qcow2');
  const writers = await findLogWriters(logs('hostile').serialLog);
  assert.equal(writers.length, 1);
  for (const pid of writers) {
    for (const script of [
      `kill -9 ${pid}`,
      `kill -STOP ${pid}`,
      `cat /proc/${pid}/environ`,
      `ls /proc/${pid}/fd`,
      `head -c 1 /proc/${pid}/mem`,
    ]) {
      assert.notEqual((await asHostile('sh', '-c', `${script} 2>/dev/null`)).exitCode, 0, script);
    }
  }
  const own = logs('hostile').serialLog.pipe;
  const open = (path: string, mode: string) =>
    asHostile('perl', '-e', `sysopen(my $f, $ARGV[0], ${mode} | 04000) or exit 4`, path);
  assert.equal((await open(own, '1')).exitCode, 0);
  for (const [path, mode] of [
    [own, '0'],
    [logs('victim').serialLog.pipe, '1'],
    [logs('victim').qemuLog.pipe, '1'],
  ] as const) {
    assert.equal((await open(path, mode)).exitCode, 4, `${path} opened with ${mode}`);
  }
  for (const script of [`rm -f ${own}`, `ln -sf /etc/shadow ${own}`, `echo x >>${logs('hostile').serialLog.file}`]) {
    assert.notEqual((await asHostile('sh', '-c', `${script} 2>/dev/null`)).exitCode, 0, script);
  }
});

test('a writer of logs that stands still keeps the owner from ending his guest, or from starting it', async () => {
  const { serialLog } = guestLayoutOf(lodge.layout, 'hostile', 'qcow2');
  const [writer = 0] = await findLogWriters(serialLog);
  process.kill(writer, 'SIGSTOP');
  try {
    for (const verb of ['kill', 'start']) {
      const { exitCode, stderr } = await lodge.run([verb, 'hostile']);
      assert.equal(exitCode, 0, stderr);
    }
    hostile = await pidOf('hostile');
    const [next = 0, ...others] = await findLogWriters(serialLog);
    assert.ok(next !== 0 && next !== writer);
    assert.deepEqual(others, []);
  } finally {
    process.kill(writer, 'SIGCONT');
  }
  await eventually('it goes', () =>
    stat(`/proc/${writer}`).then(
      () => false,
      () => true,
    ),
  );
});

test("a pid file that names another guest's QEMU, or a process of root's, has it ended, or hides the one that wrote it", async () => {
  const { pidFile } = guestLayoutOf(lodge.layout, 'hostile', 'qcow2');
  const words = ['-e', 'sleep 600', '--', '-uuid', (await lodge.show('hostile')).spec.uuid];
  const bystander = spawn('perl', words, { stdio: 'ignore' });
  try {
    for (const pid of [victim, bystander.pid ?? 0]) {
      assert.equal((await asHostile('sh', '-c', `echo ${pid} >'${pidFile}'`)).exitCode, 0);
      const ended = await lodge.run(['kill', 'hostile']);
      assert.equal(ended.exitCode, 0, ended.stderr);
      assert.ok((await stat(`/proc/${victim}`)).isDirectory());
      assert.equal(bystander.exitCode ?? bystander.signalCode, null);
      await assert.rejects(readlink(`/proc/${hostile}/exe`), { code: 'ENOENT' });
      assert.equal((await lodge.run(['start', 'hostile'])).exitCode, 0);
      hostile = await pidOf('hostile');
    }
  } finally {
    bystander.kill('SIGKILL');
  }
});

test('a pid file that is a device without end, or a FIFO, holds the daemon up', async () => {
  const { pidFile } = guestLayoutOf(lodge.layout, 'hostile', 'qcow2');
  for (const trap of [`ln -sf /dev/zero '${pidFile}'`, `rm '${pidFile}' && mkfifo '${pidFile}'`]) {
    assert.notEqual((await asHostile('sh', '-c', trap)).exitCode, 0);
    // Without QEMU the daemon looks into it.
    assert.equal((await asHostile('sh', '-c', `kill -9 ${hostile}`)).exitCode, 0);
    await eventually('the end is seen', async () => (await lodge.show('hostile')).phase === 'crashed', 60_000);
    const started = await lodge.run(['start', 'hostile']);
    assert.equal(started.exitCode, 0, started.stderr);
    hostile = await pidOf('hostile');
  }
});

test('a link in the place of one of its sockets leads the daemon to a socket of somebody else', async () => {
  const trap = `${lodge.root}/trap.sock`;
  let reached = 0;
  const server = createServer((socket) => {
    reached += 1;
    socket.on('error', () => {}).end();
  });
  await new Promise<void>((resolve) => server.listen(trap, resolve).unref());
  const directory = `${lodge.layout.runDir}/guests/hostile`;
  const sockets = ['agent', 'serial', 'vnc', 'qmp'].map((name) => `${directory}/${name}.sock`);
  assert.equal(
    (await asHostile('sh', '-c', sockets.map((path) => `ln -sf '${trap}' '${path}'`).join(' && '))).exitCode,
    0,
  );
  // The next daemon finds the monitor and asks the agent.
  assert.equal((await lodge.run(['daemon', 'stop'])).exitCode, 0);
  assert.equal((await lodge.show('hostile')).agent, null);
  const console = await lodge.run(['console', 'hostile']);
  assert.notEqual(console.exitCode, 0);
  const password = await lodge.run(['set', 'hostile', '--password']);
  assert.notEqual(password.exitCode, 0);
  const upgrade = [
    'GET /v1/guests/hostile/vnc HTTP/1.1',
    'Host: lodge',
    'Connection: Upgrade',
    'Upgrade: lodge-stream',
    '',
    '',
  ];
  const words = ['-T5', '-', `UNIX-CONNECT:${lodge.layout.daemonSocket}`];
  const { stdout } = await lodge.namespaces.run('host', 'socat', words, { input: upgrade.join('\r\n') });
  assert.match(stdout, /STATE_REFUSED/);
  assert.equal(reached, 0);
  server.close();
  assert.equal((await lodge.run(['kill', 'hostile'])).exitCode, 0);
  assert.equal((await lodge.run(['start', 'hostile'])).exitCode, 0);
  hostile = await pidOf('hostile');
});

test('a guest of an older Lodge, of the one user that all had, goes on and has its own at its next start', async () => {
  const account = lookupUser(QEMU_USER);
  assert.ok(account !== null);
  assert.equal((await lodge.run(['stop', 'hostile', '--timeout', '0'])).exitCode, 0);
  const directory = `${lodge.layout.stateDir}/guests/hostile`;
  await chown(directory, 0, account.gid);
  await chown(`${directory}/disk.qcow2`, account.uid, account.gid);
  await chown(`${directory}/seed.iso`, 0, account.gid);
  const started = await lodge.run(['start', 'hostile']);
  assert.equal(started.exitCode, 0, started.stderr);
  const { uid, gid } = await idsOf(await pidOf('hostile'));
  assert.ok(isGuestId(uid));
  assert.deepEqual(
    [await stat(`${directory}/disk.qcow2`), await stat(`${directory}/seed.iso`)].map((one) => [one.uid, one.gid]),
    [
      [uid, gid],
      [0, gid],
    ],
  );
});
