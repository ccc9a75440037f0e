import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readOsRelease } from '../../src/host/os-release.ts';
import { lookupGroup, lookupUser } from '../../src/host/users.ts';

const repository = join(import.meta.dirname, '../..');

/** A minimal Debian of the host's release with a /dev of its own: set-up there changes nothing of this host. */
let root = '';

before(async () => {
  // Not /tmp: Debian 13 mounts it without devices, and this root needs its own.
  root = await mkdtemp('/var/tmp/lodge-setup-');
  const { codename } = await readOsRelease();
  const options = ['--quiet', '--variant=minbase', '--format=directory'];
  execFileSync('mmdebstrap', [...options, codename ?? 'stable', root], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (const file of ['/etc/resolv.conf', '/etc/hosts']) await copyFile(file, join(root, file));
  // The root is thrown away: dpkg need not wait for the disk.
  await writeFile(join(root, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
  await mkdir(join(root, 'opt/lodge'));
  execFileSync('mkdir', ['-p', join(root, 'dev/net')]);
  execFileSync('mknod', ['-m', '0600', join(root, 'dev/kvm'), 'c', '10', '232']);
  execFileSync('mknod', ['-m', '0600', join(root, 'dev/net/tun'), 'c', '10', '200']);
});

after(() => rm(root, { recursive: true, force: true }));

/** Runs a module in the root, in mount and process namespaces of its own; what it logs last is JSON. */
function runThere(module: string): unknown {
  const enter =
    'mount --bind "$1" "$2/opt/lodge" && exec chroot "$2" /opt/lodge/node_modules/.bin/node ' +
    '--disable-warning=ExperimentalWarning --input-type=module -';
  const isolate = ['--mount', '--pid', '--fork', `--mount-proc=${join(root, 'proc')}`];
  const output = execFileSync('unshare', [...isolate, 'sh', '-c', enter, 'sh', repository, root], {
    input: module,
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

const IMPORT = "import { planSetup, runSetup } from '/opt/lodge/src/engine/setup/setup.ts';";
const INSTALLATION =
  "{ layout: { root: '', daemonSocket: '/run/lodge/lodge.sock' }, daemonCommand: ['/opt/lodge/lodge', 'serve'] }";
const PLAN = `${IMPORT} console.log(JSON.stringify(await planSetup(${INSTALLATION})));`;
const RUN = `${IMPORT}
  const told = [];
  await runSetup(${INSTALLATION}, { backports: false, onProgress: (detail) => told.push(detail), signal: new AbortController().signal });
  console.log(JSON.stringify(told));`;

interface Plan {
  missingPackages: string[];
  actions: string[];
}

test('a minimal Debian is told what it lacks, gets it, and lacks nothing after', async () => {
  const before = runThere(PLAN) as Plan;
  assert.ok(before.missingPackages.includes('qemu-system-x86'));
  assert.equal(before.actions.length, 7, before.actions.join('\n'));

  const told = runThere(RUN) as string[];
  for (const action of before.actions) assert.ok(told.includes(action), `${action} was not said`);

  assert.deepEqual(runThere(PLAN), { ...before, missingPackages: [], actions: [] });
  assert.deepEqual(runThere(RUN), [], 'a second run does nothing');
});

test('QEMU has an account with a group of its own that may open /dev/kvm', async () => {
  const [passwd, group] = [join(root, 'etc/passwd'), join(root, 'etc/group')];
  const kvm = lookupGroup('kvm', group);
  const own = lookupGroup('lodge-qemu', group);
  assert.deepEqual(kvm?.members, ['lodge-qemu']);
  assert.equal(lookupUser('lodge-qemu', passwd)?.gid, own?.gid);
  assert.notEqual(lookupGroup('lodge', group), null);
  const [device, tun] = await Promise.all([stat(join(root, 'dev/kvm')), stat(join(root, 'dev/net/tun'))]);
  assert.deepEqual([device.mode & 0o777, device.gid], [0o660, kvm?.gid]);
  assert.equal(tun.mode & 0o777, 0o666);
});

test('no service that touches the network or runs guests was switched on', async () => {
  await stat(join(root, 'usr/sbin/nft'));
  const entries = await readdir(join(root, 'etc/systemd/system'), { recursive: true });
  const units = entries.filter((name) => name.includes('.wants/'));
  assert.deepEqual(
    units.filter((name) => /nftables|dnsmasq|qemu|libvirt|ssh|networkd/.test(name)),
    [],
  );
});
