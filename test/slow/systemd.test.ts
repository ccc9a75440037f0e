import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isGuestId } from '../../src/model/unix-ids.ts';
import { cachedImage } from '../support/cached-image.ts';
import { GuestShell } from '../support/guest-shell.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { putPackage } from '../support/put-package.ts';
import { openWayOut } from '../support/way-out.ts';

// A whole Debian with systemd as the host: Lodge as it is shipped, set up in a guest, with guests of its own in there.
const HOST = 'outer';
/** Emulation in emulation, on a busy machine. */
const LIMIT_MS = 900_000;
/** The manager puts variables and specifiers into words that are not escaped. */
const ODD_ROOT = `/srv/\${HOME} %n o`;
const BLANK = '--image none --disk 64MiB --memory 64MiB';

let lodge: LodgeInstance;
let wayOut: { url: string; close: () => void };
let host: GuestShell;

before(async () => {
  lodge = await LodgeInstance.open('lgsd');
  wayOut = await openWayOut(lodge.namespaces, lodge.root);
  await lodge.addImage('debian-12', await cachedImage('debian-12'), 'credentials');
  const size = ['--vcpus', '2', '--memory', '2GiB', '--disk', '10GiB'];
  const made = await lodge.run(['create', HOST, '--image', 'debian-12', ...size], {}, { timeoutMs: LIMIT_MS });
  assert.equal(made.exitCode, 0, made.stderr);
  host = new GuestShell(lodge, HOST, LIMIT_MS);
  await putPackage(lodge, HOST);
  await host.run(`echo 'Acquire::http::Proxy "${wayOut.url}";' > /etc/apt/apt.conf.d/01proxy`);
  // Thrown away when the test ends: dpkg need not wait for the disk.
  await host.run('echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/unsafe-io');
});
after(async () => {
  await lodge.close();
  wayOut.close();
});

/** A command of the Lodge in there; stderr is shown when it fails. */
const inner = (args: string) => host.run(`/opt/lodge/lodge ${args}`);
const property = (unit: string, name: string) => host.run(`systemctl show --property=${name} --value ${unit}`);
const qemuPid = async (name: string) => Number(await property(`lodge-guest-${name}.service`, 'MainPID'));
const phases = async () => {
  const rows = JSON.parse(await inner('ls --json')) as { name: string; phase: string }[];
  return rows.map(({ name, phase }) => `${name} ${phase}`).sort();
};

test('set-up makes a service of the daemon, which takes over from the one that was started by hand', async () => {
  const plan = await host.run('/opt/lodge/lodge setup 2>&1');
  assert.match(plan, /install lodge\.service and lodge\.socket in \/etc\/systemd\/system and enable them/);
  assert.match(await inner('setup --dry-run'), /^everything is there already/);
  assert.equal(await host.run('systemctl is-enabled lodge.service lodge.socket'), 'enabled\nenabled');

  const byHand = (JSON.parse(await inner('daemon status --json')) as { pid: number }).pid;
  assert.equal(await property('lodge.service', 'MainPID'), '0', 'the daemon that set up goes on');
  await host.run('systemctl start lodge.service');
  const status = JSON.parse(await inner('daemon status --json')) as { pid: number };
  assert.equal(String(status.pid), await property('lodge.service', 'MainPID'));
  assert.notEqual(status.pid, byHand);
  assert.equal(await host.run('stat --format="%a %U %G" /run/lodge/lodge.sock'), '660 root lodge');
});

test('stop ends service and socket, and the next command starts them', async () => {
  assert.match(await inner('daemon stop'), /lodge\.service and lodge\.socket are stopped/);
  assert.equal(await host.run('systemctl is-active lodge.service lodge.socket || true'), 'inactive\ninactive');
  assert.match(await inner('daemon stop'), /no daemon was running/);
  await inner('ls');
  assert.equal(await host.run('systemctl is-active lodge.service lodge.socket'), 'active\nactive');
});

test('the doctor finds nothing to mend, with AppArmor on', async () => {
  const report = JSON.parse(await inner('doctor --json')) as { checks: { id: string; status: string }[] };
  const failed = report.checks.filter(({ status }) => status === 'fail');
  assert.deepEqual(failed, []);
  assert.equal(await host.run('cat /sys/module/apparmor/parameters/enabled'), 'Y');
});

test('set-up in the service, with its limits, installs what is missing', async () => {
  await host.run('apt-get -q -y purge conntrack dnsmasq-base && ! command -v dnsmasq conntrack');
  assert.match(await inner('setup 2>&1'), /dnsmasq-base/);
  assert.match(await host.run('command -v dnsmasq conntrack && dpkg --audit'), /dnsmasq\n.*conntrack$/);
  assert.notEqual(await property('lodge.service', 'MainPID'), '0');
  const status = await host.run(`cat /proc/${await property('lodge.service', 'MainPID')}/status`);
  assert.match(status, /^NoNewPrivs:\s+1$[\s\S]*^Seccomp:\s+2$/m);
});

test('a guest is a unit with limits, run by a user of its own, and its name is free again when it has ended', async () => {
  await inner(`create blank ${BLANK}`);
  await inner(`create stays-off ${BLANK} --no-start-with-host`);
  const unit = 'lodge-guest-blank.service';
  assert.match(await host.run(`systemctl status ${unit}`), /Lodge guest blank/);
  assert.equal(await property(unit, 'MemoryMax'), String((64 + 512) * 1024 * 1024));
  const pid = await qemuPid('blank');
  assert.ok(isGuestId(Number(/^Uid:\s+(\d+)/m.exec(await host.run(`cat /proc/${pid}/status`))?.[1])));
  assert.equal(await host.run(`cat /proc/${pid}/cgroup`), `0::/lodge.slice/${unit}`);
  // No capability, and landlock for every file but its own. Whatever else the doctor finds is another test's.
  const report = JSON.parse(await inner('doctor --json || true')) as { checks: { id: string; status: string }[] };
  assert.equal(report.checks.find(({ id }) => id === 'confinement')?.status, 'ok');
  const status = await host.run(`cat /proc/${pid}/status`);
  assert.match(status, /^CapBnd:\s+0*c0$[\s\S]*^NoNewPrivs:\s+1$/m);
  const groups = await host.run(`grep ^Groups: /proc/${pid}/status`);
  assert.ok(groups.split(/\s+/).includes(await host.run('getent group kvm | cut -d: -f3')), groups);
  await inner('restart blank --timeout 1s');
  await host.until('/opt/lodge/lodge ls --json', /"name":"blank","phase":"running"/);
  assert.notEqual(await qemuPid('blank'), pid);
});

test('an instance of its own root may have a guest of the same name, in its network namespace', async () => {
  await host.run('ip netns add other && ip netns exec other ip link set lo up');
  const other = (args: string) => host.run(`LODGE_ROOT='${ODD_ROOT}' ip netns exec other /opt/lodge/lodge ${args}`);
  await other(`create blank ${BLANK}`);
  const unit = await host.run("systemctl list-units --plain --no-legend 'lodge-*-guest-blank.service' | cut -d' ' -f1");
  assert.match(unit, /^lodge-[0-9a-f]{6}-guest-blank\.service$/);
  const pid = await property(unit, 'MainPID');
  const namespace = `ip netns identify ${pid}`;
  assert.equal(await host.run(namespace), 'other');
  assert.equal(await host.run(`ip netns identify ${await qemuPid('blank')}`), '');
  await other('rm blank --yes');
  await other('daemon stop');
  assert.deepEqual(await phases(), ['blank running', 'stays-off running']);
});

test('a killed daemon takes no guest with it, and the next one knows them', async () => {
  const pids = [await qemuPid('blank'), await qemuPid('stays-off')];
  const daemon = await property('lodge.service', 'MainPID');
  // The whole control group: dnsmasq too.
  await host.run('systemctl kill --signal=KILL lodge.service');
  assert.deepEqual(await phases(), ['blank running', 'stays-off running']);
  assert.deepEqual([await qemuPid('blank'), await qemuPid('stays-off')], pids);
  assert.notEqual(await property('lodge.service', 'MainPID'), daemon);
  await host.until('pidof dnsmasq', /^\d+$/);
});

test('after a reboot of the host the daemon is there by itself, and the guests that start with it', async () => {
  const boot = 'cat /proc/sys/kernel/random/boot_id';
  const before = await host.run(boot);
  const rebooted = await lodge.run(['restart', HOST, '--timeout', '300s'], {}, { timeoutMs: LIMIT_MS });
  assert.equal(rebooted.exitCode, 0, rebooted.stderr);
  assert.notEqual(await host.until(boot, /^[0-9a-f-]{36}$/), before);
  // No command of Lodge before this has come: nothing but systemd starts the daemon.
  await host.until('systemctl is-active lodge-guest-blank.service', /^active$/);
  await host.until('/opt/lodge/lodge ls --json', /"name":"blank","phase":"running"/);
  assert.deepEqual(await phases(), ['blank running', 'stays-off stopped']);
  const log = await host.run('cat /var/lib/lodge/guests/stays-off/qemu.log');
  assert.doesNotMatch(log, /terminating on signal/, 'it was asked by the daemon, and not ended by systemd');
});
