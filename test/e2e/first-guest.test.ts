import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GIB, MIB } from '../../src/base/size.ts';
import { exec } from '../../src/host/exec.ts';
import { isGuestId } from '../../src/model/unix-ids.ts';
import { cachedImage } from '../support/cached-image.ts';
import { GuestShell } from '../support/guest-shell.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { Member } from '../support/member.ts';
import { eventually } from '../support/netns.ts';
import { Terminal } from '../support/terminal.ts';
import { pictureBySocket, pictureByViewer } from '../support/vnc-picture.ts';

/** Under emulation, on a machine with other work. */
const BOOT_LIMIT_MS = 240_000;

let lodge: LodgeInstance;
let web1: GuestShell;

before(async () => {
  lodge = await LodgeInstance.open('lgfg');
  await lodge.addImage('debian-12', await cachedImage('debian-12'), 'credentials');
  web1 = new GuestShell(lodge, 'web1', BOOT_LIMIT_MS);
});
after(() => lodge.close());

test('create ends when SSH answers, and ssh passes commands and exit codes on', async () => {
  const made = await lodge.run(['create', 'web1', '--image', 'debian-12', '--keymap', 'de', '--memory', '768MiB']);
  assert.equal(made.exitCode, 0, made.stderr);
  assert.match(
    made.stdout,
    /^web1 is running at 10\.[\d.]+, fd[0-9a-f:]+\nlog in: LODGE_ROOT=\S+ lodge ssh web1\n(under emulation, .*\n)?$/,
  );
  assert.deepEqual(await lodge.run(['ssh', 'web1', '--', 'hostname']), { exitCode: 0, stdout: 'web1\n', stderr: '' });
  // Of a guest that runs SSH is waited for, and nothing else happens.
  const again = await lodge.run(['start', 'web1', '--wait']);
  assert.deepEqual([again.exitCode, again.stdout], [0, 'web1 is running\n']);
  assert.match(again.stderr, /^wait until SSH answers … .*$/m);
  assert.equal((await lodge.run(['ssh', 'web1', '--', 'false'])).exitCode, 1);
  assert.equal((await lodge.run(['ssh', 'web1', '--', 'exit 7'])).exitCode, 7);
});

test('the guest is who it was said to be, and no password opens it', async () => {
  const { spec, ssh } = await lodge.show('web1');
  assert.equal(await web1.run('cat /etc/machine-id'), spec.uuid.replaceAll('-', ''));
  assert.match(await web1.run('ip -brief address show eth0'), new RegExp(`${spec.nic.ipv4}/.*${spec.nic.ipv6}/`));
  const hostKey = await web1.run('cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub');
  assert.equal(
    await readFile(ssh.knownHostsFile, 'utf8'),
    `${spec.nic.ipv4} ${hostKey}\n${spec.nic.ipv6} ${hostKey}\n`,
  );
  assert.match(await web1.run('passwd -S root'), /^root L /);
  assert.equal(await web1.run("awk -F: '$2 !~ /^[!*]/' /etc/shadow"), '', 'an account has a password');
  const options = ['PubkeyAuthentication=no', `UserKnownHostsFile=${ssh.knownHostsFile}`, 'BatchMode=yes'];
  const login = [...options.flatMap((option) => ['-o', option]), `root@${ssh.address}`, 'true'];
  const refused = await lodge.namespaces.run('host', 'ssh', login, { okExitCodes: [255] });
  assert.match(refused.stderr, /Permission denied \(publickey\)/);
});

test('command is the line that runs, with everything a guest has, and QEMU runs unprivileged in its sandbox', async () => {
  const { pid } = await lodge.show('web1');
  const words = await lodge.json<string[]>(['command', 'web1']);
  const running = await readFile(`/proc/${pid}/cmdline`, 'utf8');
  assert.deepEqual(running.split('\0').slice(1, -1), words.slice(1));
  const printed = (await lodge.run(['command', 'web1'])).stdout;
  for (const part of EVERY_PART) assert.match(printed, part);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  // A user of this guest's own, who has no name.
  const [, real, effective, saved] = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t/m.exec(status) ?? [];
  assert.ok(isGuestId(Number(real)) && real === effective && real === saved, status);
  assert.match(status, /^CapEff:\t0+$/m);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Seccomp:\t2$/m);
});

const EVERY_PART = [
  /^-k de$/m,
  /^-name guest=web1,/m,
  /^-boot order=c$/m,
  /^-blockdev driver=file,.*disk\.qcow2,.*discard=unmap,cache\.direct=on/m,
  /^-blockdev driver=qcow2,node-name=disk,/m,
  /^-device virtio-blk-pci,.*drive=disk/m,
  /^-device ide-cd,/m,
  /^-device usb-tablet,/m,
  /^-device i6300esb,/m,
  /^-action watchdog=reset$/m,
  /^-m size=768M$/m,
  /^-vnc unix:/m,
  /^-device virtio-balloon-pci,/m,
  /^-pidfile /m,
  /^-device virtio-rng-pci,/m,
  /^-device virtserialport,.*name=org\.qemu\.guest_agent\.0$/m,
  /^-machine pc,/m,
  /^-cpu \w+/m,
  /^-sandbox on,/m,
];

test('two viewers share the console; Ctrl-] leaves it and the terminal is as it was', async () => {
  const line = lodge.shellLine(['console', 'web1']);
  const first = new Terminal(`stty -a >before; ${line}; stty -a >after; cmp before after && echo restored`, lodge.root);
  const second = new Terminal(line, lodge.root);
  try {
    for (const viewer of [first, second]) await viewer.seen('Ctrl-] leaves it', BOOT_LIMIT_MS);
    // The login prompt comes some seconds after SSH.
    await first.seen('web1 login:', BOOT_LIMIT_MS);
    first.type('typed-by-the-first\r');
    await second.seen('typed-by-the-first', BOOT_LIMIT_MS);
    await second.seen('Password:', BOOT_LIMIT_MS);
    first.type('\x1d');
    await first.seen('restored', BOOT_LIMIT_MS);
    assert.equal(await first.ended(), 0);
    assert.equal((await lodge.show('web1')).phase, 'running');
    second.type('\r');
    await second.seen(/Login incorrect/, BOOT_LIMIT_MS);
  } finally {
    first.close();
    second.close();
  }
});

test('a VNC client takes a picture of the screen, by the viewer of --open and by the socket', async () => {
  const { paths } = await lodge.show('web1');
  const told = (await lodge.run(['vnc', 'web1'])).stdout;
  assert.ok(told.includes(paths.vncSocket) && /^from your own machine: ssh -N -L 5901:/m.test(told), told);
  for (const picture of [await pictureByViewer(lodge, 'web1'), await pictureBySocket(lodge, paths.vncSocket)]) {
    assert.ok(picture.width >= 640 && picture.height >= 400, JSON.stringify(picture));
    assert.ok(picture.colours > 1, 'the screen has one colour');
  }
});

test('logs has the lines of the boot, and follows what comes', async () => {
  const { stdout } = await lodge.run(['logs', 'web1']);
  assert.match(stdout, /Linux version 6\.1/);
  assert.match(stdout, /web1 login:/);
  assert.match((await lodge.run(['logs', 'web1', '--source', 'qemu'])).stdout, /\S/);
  const follower = lodge.spawn(['logs', 'web1', '--follow', '--tail', '3']);
  let shown = '';
  follower.stdout?.on('data', (data) => {
    shown += data;
  });
  const ended = new Promise((resolve) => follower.once('close', resolve));
  await eventually('the last lines', () => shown !== '', BOOT_LIMIT_MS);
  await web1.run('echo a-line-for-who-follows > /dev/ttyS0');
  await eventually('the new line', () => shown.includes('a-line-for-who-follows'), BOOT_LIMIT_MS);
  follower.kill('SIGINT');
  assert.equal(await ended, 130);
});

test('exec passes words, streams and the exit code on, as whatever account, two at once', async () => {
  const exec = (args: string[], input = '') =>
    lodge.run(['exec', 'web1', ...args], {}, { input, timeoutMs: BOOT_LIMIT_MS });
  assert.deepEqual(await exec(['--', 'sh', '-c', 'echo out; echo err >&2; exit 7']), {
    exitCode: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  assert.equal((await exec(['--', 'sh', '-c', 'kill -9 $$'])).exitCode, 137);
  // Every word of every process, our own script's too, is output like any other.
  const processes = await exec(['--', 'sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "; echo; echo last']);
  assert.deepEqual([processes.exitCode, processes.stdout.endsWith('\nlast\n')], [0, true]);
  const refused = (exitCode: number, words: string) => ({ exitCode, stdout: '', stderr: `lodge: web1: ${words}\n` });
  const program = 'there is no program no-such-program in the guest';
  assert.deepEqual(await exec(['--', 'no-such-program']), refused(127, program));
  assert.deepEqual(await exec(['--user', 'www-data', '--', 'no-such-program']), refused(127, program));
  const noEntry = refused(126, '--cwd: the account may not enter /root of the guest');
  assert.deepEqual(await exec(['--user', 'www-data', '--cwd', '/root', '--', 'ls']), noEntry);
  assert.equal(
    (await exec(['--', 'printf', '%s.', '$(id)', 'a  b', "it's", '', '*\n'])).stdout,
    "$(id).a  b.it's..*\n.",
  );
  const whoami = ['--user', 'www-data', '--cwd', '/etc', '--env', 'A=b c', '--', 'sh', '-c'];
  const { stdout } = await exec([...whoami, 'id -un; id -Gn; pwd; echo "$HOME|$A|$USER"']);
  assert.equal(stdout, 'www-data\nwww-data\n/etc\n/var/www|b c|www-data\n');
  assert.equal((await exec(['--', 'sh', '-c', 'pwd; cat'])).stdout, '/root\n');
  const nobody = await exec(['--user', 'nobody-here', '--', 'id']);
  assert.deepEqual([nobody.exitCode, /--user: must be one that it has/.test(nobody.stderr)], [4, true]);
  // QEMU tells of a port once a second, and late: what is told is the end of an earlier command.
  for (const seconds of [0, 0, 0, 3]) {
    const slept = await exec(['--', 'sh', '-c', `sleep ${seconds}; echo slept`]);
    assert.deepEqual(slept, { exitCode: 0, stdout: 'slept\n', stderr: '' });
  }
  const input = 'x'.repeat(MIB);
  const sums = await Promise.all([exec(['--', 'sha256sum'], input), exec(['--', 'sha256sum'], input)]);
  const sum = createHash('sha256').update(input).digest('hex');
  for (const one of sums) assert.deepEqual(one, { exitCode: 0, stdout: `${sum}  -\n`, stderr: '' });
});

test('Ctrl-C ends the command in the guest, and so does the end of the one who called', async () => {
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const child = lodge.spawn(['exec', 'web1', '--', 'sh', '-c', 'echo begun; exec sleep 8765']);
    let complaint = '';
    child.stderr?.on('data', (data) => {
      complaint += data;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const begun = new Promise((resolve) => child.stdout?.once('data', () => resolve(true)));
    assert.equal(await Promise.race([begun, ended]), true, complaint);
    child.kill(signal);
    const code = await ended;
    if (signal === 'SIGINT') assert.equal(code, 130);
    await web1.until('pgrep -f "^sleep 8765" || echo none', /^none$/);
  }
});

test('cp keeps names, bytes, modes, times and links, both ways, and leaves nothing beside them', async () => {
  const from = join(lodge.root, 'from dir');
  await mkdir(join(from, 'sub'), { recursive: true });
  await writeFile(join(from, 'a\nb'), randomBytes(200_000), { mode: 0o640 });
  await symlink('a\nb', join(from, 'sub', 'link'));
  await utimes(join(from, 'a\nb'), 1_600_000_000, 1_600_000_000);
  for (const _again of [1, 2]) assert.equal((await lodge.run(['cp', from, 'web1:/srv/'])).exitCode, 0);
  const back = join(lodge.root, 'back');
  assert.deepEqual(await lodge.run(['cp', 'web1:/srv/from dir', back]), { exitCode: 0, stdout: '', stderr: '' });
  await exec('diff', ['-r', '--no-dereference', from, back]);
  const { mode, mtimeMs } = await stat(join(back, 'a\nb'));
  assert.deepEqual([mode & 0o777, mtimeMs], [0o640, 1_600_000_000_000]);
  assert.equal((await lodge.run(['cp', '-', 'web1:/srv/piped'], {}, { input: 'piped\n' })).exitCode, 0);
  assert.equal((await lodge.run(['cp', 'web1:/srv/piped', '-'])).stdout, 'piped\n');
  const missing = await lodge.run(['cp', 'web1:/no/such', back]);
  assert.deepEqual(
    [missing.exitCode, missing.stderr],
    [3, 'lodge: web1: /no/such: there is no such file or directory in the guest\n'],
  );
  const asOther = await lodge.run(['cp', '--user', 'www-data', join(from, 'a\nb'), 'web1:/etc/x']);
  const words = '/etc: the account may not write there in the guest';
  assert.deepEqual([asOther.exitCode, asOther.stderr], [1, `lodge: web1: ${words}\n`]);
  const shadow = await lodge.run(['cp', '--user', 'www-data', 'web1:/etc/shadow', back]);
  const notRead = 'lodge: web1: /etc/shadow: the account may not read it in the guest\n';
  assert.deepEqual([shadow.exitCode, shadow.stderr], [1, notRead]);
  assert.equal(await web1.run('ls -A /srv'), 'from dir\npiped');
});

test('a member of the group lodge has exec, cp and, with a key of his own in the guest, ssh', async () => {
  const member = await Member.of(lodge);
  const shut = await member.run(['ssh', 'web1', '--', 'hostname']);
  assert.equal(shut.exitCode, 255);
  assert.match(shut.stderr, /Permission denied \(publickey\)[\s\S]*yours has to be in the guest/);
  const keys = '/root/.ssh/authorized_keys';
  const letIn = ['sh', '-c', `mkdir -p -m 700 /root/.ssh && cat >>${keys}`];
  assert.deepEqual(await member.run(['exec', 'web1', '--', ...letIn], member.publicKey), {
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
  const inside = await member.run(['ssh', 'web1', '--', 'hostname']);
  assert.deepEqual(inside, { exitCode: 0, stdout: 'web1\n', stderr: '' });
  // The host key is known, and no other is taken for it.
  const { ssh } = await lodge.show('web1');
  assert.deepEqual(ssh.hostKeys, [await web1.run('cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub')]);
  assert.deepEqual(await member.run(['cp', `web1:${keys}`, '-']), {
    exitCode: 0,
    stdout: await authorizedKeys(),
    stderr: '',
  });
});

async function authorizedKeys(): Promise<string> {
  return (await lodge.run(['exec', 'web1', '--', 'cat', '/root/.ssh/authorized_keys'])).stdout;
}

test('with SSH broken the agent is the way in: a command, a password for the console, and none for SSH', async () => {
  await web1.run('systemctl stop ssh');
  assert.notEqual((await lodge.run(['ssh', 'web1', '--', 'true'])).exitCode, 0);
  const { stdout } = await lodge.run(['set', 'web1', '--password']);
  const password = /^password of root in web1: (\S{20})\n$/.exec(stdout)?.[1] ?? assert.fail(stdout);
  const viewer = new Terminal(lodge.shellLine(['console', 'web1']), lodge.root);
  try {
    await viewer.seen('Ctrl-] leaves it', BOOT_LIMIT_MS);
    viewer.type('\r');
    await viewer.seen(/login: $/, BOOT_LIMIT_MS);
    viewer.type('root\r');
    await viewer.seen(/Password: $/, BOOT_LIMIT_MS);
    viewer.type(`${password}\r`);
    await viewer.seen('root@web1:~#', BOOT_LIMIT_MS);
    viewer.type('systemctl start ssh; exit\r');
    await web1.until('passwd -S root', /^root P /);
    viewer.type('\x1d');
  } finally {
    viewer.close();
  }
  const sshd = await web1.run(
    'sshd -T -C user=root | grep -E "^(passwordauthentication|kbdinteractiveauthentication) "',
  );
  assert.equal(sshd, 'passwordauthentication no\nkbdinteractiveauthentication no');
  for (const file of [lodge.layout.daemonLog, lodge.layout.database, `${lodge.layout.database}-wal`]) {
    assert.equal((await readFile(file).catch(() => Buffer.alloc(0))).includes(password), false, file);
  }
});

test('show says what the agent reports, and where that is not what it should be', async () => {
  const { spec, agent } = await lodge.show('web1');
  assert.ok(agent);
  assert.deepEqual([agent.hostName, agent.differences], ['web1', []]);
  assert.match(agent.os ?? '', /^Debian GNU\/Linux 12/);
  const found = await web1.run("ip -6 -o address show dev eth0 scope global | awk '{print $4}'");
  await web1.run(`ip address del ${found} dev eth0`);
  const missing = new RegExp(`^ {2}but +the guest does not have the address ${spec.nic.ipv6}$`, 'm');
  assert.match((await lodge.run(['show', 'web1'])).stdout, missing);
  await web1.run(`ip address add ${found} dev eth0 nodad`);
});

test('an agent that was asked by somebody who has gone can still end', async () => {
  await web1.until('pidof qemu-ga', /^\d+$/);
  const stopped = 'kill -STOP $(pidof qemu-ga) && grep "^State" /proc/$(pidof qemu-ga)/status';
  assert.match(await web1.run(stopped), /stopped/);
  // Gives up after a second, and its question is in the guest.
  assert.equal((await lodge.show('web1')).agent, null);
  // An agent that cannot get its answer out hears no SIGTERM: systemd kills it then.
  const end =
    'kill -CONT $(pidof qemu-ga) && systemctl stop qemu-guest-agent; systemctl show -P Result qemu-guest-agent';
  assert.equal(await web1.run(`${end}; systemctl start qemu-guest-agent`), 'success');
  await eventually('the agent', async () => (await lodge.show('web1')).agent?.hostName === 'web1', BOOT_LIMIT_MS);
});

test('a running guest takes balloon, disk, CD and ports at once, and memory at its next start', async () => {
  assert.equal((await lodge.run(['set', 'web1', '--balloon', '512MiB'])).exitCode, 0);
  await eventually('the balloon', async () => (await lodge.show('web1')).memoryActualMiB === 512, BOOT_LIMIT_MS);
  assert.ok(Number(await web1.run("awk '/^MemAvailable/ {print $2}' /proc/meminfo")) < 512 * 1024);

  // More than it was started with it never gets, whatever its next start will bring.
  const more = await lodge.run(['set', 'web1', '--memory', '2GiB', '--balloon', '1500MiB']);
  assert.equal(more.exitCode, 4);
  assert.match(more.stderr, /--balloon: must be from 64 to \d+ MiB, the memory that web1 runs with/);

  assert.equal((await lodge.run(['set', 'web1', '--disk', '12GiB'])).exitCode, 0);
  await web1.until('lsblk -dnbo SIZE /dev/vda', new RegExp(`^${12 * GIB}$`));
  // Its root file system follows, at once.
  await web1.until('df -B1M --output=size / | tail -1', /^ *1[12]\d{3}$/);

  const cd = join(lodge.root, 'cd.iso');
  const sectors = Buffer.alloc(MIB);
  sectors.write('a word on the CD');
  // What makes it a CD: the identifier of the first volume descriptor.
  sectors.write('CD001', 16 * 2048 + 1);
  await writeFile(cd, sectors);
  assert.equal((await lodge.run(['set', 'web1', '--iso', cd])).exitCode, 0);
  await web1.until('head -c 16 /dev/sr0', /^a word on the CD$/);
  assert.equal((await lodge.run(['set', 'web1', '--eject'])).exitCode, 0);
  await web1.until('head -c 16 /dev/sr0 2>&1', /No medium found/);

  assert.equal((await lodge.run(['set', 'web1', '--publish', '8080:22'])).exitCode, 0);
  const banner = await lodge.namespaces.run('host', 'bash', [
    '-c',
    'exec 3<>/dev/tcp/127.0.0.1/8080; read -r x <&3; echo $x',
  ]);
  assert.match(banner.stdout, /^SSH-2\.0-OpenSSH/);

  const later = await lodge.run(['set', 'web1', '--memory', '640MiB']);
  assert.match(later.stdout, /its next start applies it: LODGE_ROOT=\S+ lodge restart web1/);
  assert.equal((await lodge.run(['set', 'web1', '--no-start-with-host'])).exitCode, 0);
  assert.equal((await lodge.show('web1')).pendingRestart, true, 'a later change made it forget');
});

test('what the guest deletes is given back to the host', async () => {
  const stored = async () => (await lodge.show('web1')).diskStoredBytes ?? 0;
  const size = 48 * MIB;
  const first = await stored();
  await web1.run(`head -c ${size} /dev/urandom > /root/ballast && sync`);
  const full = await stored();
  assert.ok(full > first + size * 0.9, `${first} -> ${full}`);
  await web1.run('rm /root/ballast && sync && fstrim /');
  assert.ok((await stored()) < full - size * 0.9, `${full} -> ${await stored()}`);
});

test('kill -9 of the daemon: the guest goes on, and the next command finds it', async () => {
  const daemon = await lodge.daemonPid();
  assert.ok(daemon !== null);
  const { pid } = await lodge.show('web1');
  const uptime = Number(await web1.run('cut -d. -f1 /proc/uptime'));
  process.kill(daemon, 'SIGKILL');
  const rows = await lodge.json<{ name: string; phase: string }[]>(['ls']);
  assert.deepEqual(
    rows.map(({ name, phase }) => [name, phase]),
    [['web1', 'running']],
  );
  assert.notEqual(await lodge.daemonPid(), daemon);
  assert.equal((await lodge.show('web1')).pid, pid);
  assert.ok(Number(await web1.run('cut -d. -f1 /proc/uptime')) >= uptime);
  assert.equal((await lodge.show('web1')).memoryActualMiB, 512, 'the monitor is connected again');
});

test('stop powers it off cleanly; start boots it again with what was set and the same keys', async () => {
  const { ssh } = await lodge.show('web1');
  const knownHosts = await readFile(ssh.knownHostsFile, 'utf8');
  // As when the shutdown it began ends the agent's own `shutdown`: it answers that it failed, and nobody waits for that any more.
  const failing = '#!/bin/sh\\nln -sf /bin/systemctl /sbin/shutdown\\nsystemctl poweroff --no-block\\nexit 1\\n';
  await web1.run(`rm /sbin/shutdown && printf '${failing}' >/sbin/shutdown && chmod 755 /sbin/shutdown`);
  // The usual time limit, which is systemd's own for a unit that does not end: a guest that waits for one is not stopped well.
  assert.equal((await lodge.run(['stop', 'web1'])).exitCode, 0);
  assert.match((await lodge.run(['logs', 'web1', '--tail', '1'])).stdout, /Power down/);
  const { phase, lastError } = await lodge.show('web1');
  assert.deepEqual({ phase, lastError }, { phase: 'stopped', lastError: null });

  const started = await lodge.run(['start', 'web1', '--wait']);
  assert.equal(started.exitCode, 0, started.stderr);
  assert.equal(await readFile(ssh.knownHostsFile, 'utf8'), knownHosts);
  assert.equal(await web1.run('hostname'), 'web1');
  const memoryKiB = Number(await web1.run("awk '/^MemTotal/ {print $2}' /proc/meminfo"));
  assert.ok(memoryKiB > 500 * 1024 && memoryKiB < 640 * 1024, `${memoryKiB} KiB`);
  assert.equal((await lodge.show('web1')).pendingRestart, false);
});

test('restart --wait ends when the new boot answers, not the old one', async () => {
  const boot = () => web1.run('cat /proc/sys/kernel/random/boot_id');
  const old = await boot();
  const restarted = await lodge.run(['restart', 'web1', '--wait']);
  assert.equal(restarted.exitCode, 0, restarted.stderr);
  assert.notEqual(await boot(), old);
});

test('rm leaves nothing', async () => {
  assert.equal((await lodge.run(['rm', 'web1', '--yes'])).exitCode, 0);
  assert.deepEqual(await lodge.leftovers(), []);
  const image = await stat(`${lodge.layout.imagesDir}/debian-12.qcow2`);
  assert.ok(image.size > 0);
  await exec('qemu-img', ['check', '-q', `${lodge.layout.imagesDir}/debian-12.qcow2`]);
});
