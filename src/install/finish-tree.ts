import { globSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { KEPT, LEFT_OUT } from '../render/image-packages.ts';
import type { GuestApt } from './guest-apt.ts';

/** What belongs to one machine, to the build or to the host, and must be in no image. */
const LEFTOVERS = [
  'etc/ssh/ssh_host_*',
  'etc/apt/apt.conf.d/*mmdebstrap',
  'etc/dpkg/dpkg.cfg.d/99mmdebstrap',
  'etc/apt/preferences.d/lodge-build',
  'etc/apt/sources.list.d/*',
  'etc/hostname',
  'etc/resolv.conf',
  'etc/machine-id',
  'var/lib/dbus/machine-id',
  'var/lib/systemd/random-seed',
  'var/lib/systemd/credential.secret',
  'var/cache/ldconfig/aux-cache',
  'var/log/*.log',
  'var/log/apt/*',
  'run/*',
];

/** Background work that an owner can switch on again with `systemctl enable`, and no boot should pay for unasked. */
const SWITCHED_OFF = [
  'timers.target.wants/e2scrub_all.timer',
  'timers.target.wants/apt-daily.timer',
  'timers.target.wants/apt-daily-upgrade.timer',
  'multi-user.target.wants/e2scrub_reap.service',
  'multi-user.target.wants/ssh.service',
  'sysinit.target.wants/systemd-pstore.service',
];

/** Takes out of a bootstrapped tree what must not be in an image, and gives it what its own apt is to use. */
export async function finishTree(treeDir: string, apt: GuestApt): Promise<void> {
  for (const pattern of [...LEFTOVERS, ...SWITCHED_OFF.map((link) => `etc/systemd/system/${link}`)]) {
    for (const path of globSync(pattern, { cwd: treeDir })) {
      await rm(join(treeDir, path), { recursive: true, force: true });
    }
  }
  await removeLeftOut(treeDir);
  // Empty, not absent: absent means "first boot" to systemd, and it would preset every unit (machine-id(5)).
  await writeFile(join(treeDir, 'etc/machine-id'), '');
  await symlink('/etc/machine-id', join(treeDir, 'var/lib/dbus/machine-id'));
  await writeFile(join(treeDir, 'etc/hostname'), 'debian\n');
  await writeFile(join(treeDir, 'etc/resolv.conf'), '');
  await writeFile(join(treeDir, 'etc/apt/sources.list.d/debian.sources'), apt.sources);
  for (const { path, content } of apt.keys) {
    await mkdir(join(treeDir, 'etc/apt/keyrings'), { recursive: true });
    await writeFile(join(treeDir, path), content, { mode: 0o644 });
  }
  // Newer than /usr: systemd's "needs update" units (sysusers, ldconfig, hwdb) have been done by the packages.
  for (const mark of ['etc/.updated', 'var/.updated']) await writeFile(join(treeDir, mark), '');
}

/** What the essential packages brought before dpkg knew what is left out. */
async function removeLeftOut(treeDir: string): Promise<void> {
  const kept = new Set(KEPT.flatMap((pattern) => globSync(pattern.slice(1), { cwd: treeDir })));
  for (const pattern of LEFT_OUT) {
    const top = pattern.replace(/^\/|\/\*$/g, '');
    for (const path of globSync(`${top}/**`, { cwd: treeDir, withFileTypes: true })) {
      const name = relative(treeDir, join(path.parentPath, path.name));
      if (!path.isDirectory() && !kept.has(name)) await rm(join(treeDir, name), { force: true });
    }
  }
}
