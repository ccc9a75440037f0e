import { chmod, chown, mkdtemp, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import { makeDirectory, removeTree, writeFileAtomically } from '../../src/host/files.ts';
import { addSystemGroup, addSystemUser, KVM_GROUP, lookupUser, QEMU_USER } from '../../src/host/users.ts';
import type { GuestLayout } from '../../src/model/layout.ts';
import type { QemuAbilities } from '../../src/model/qemu-abilities.ts';
import { observeQemu } from '../../src/qemu/abilities.ts';
import { createDisk } from '../../src/qemu/images.ts';
import { ODD_DIRECTORY } from './recorded-calls.ts';

/** A directory to be LODGE_ROOT, the user QEMU runs as, and what the installed QEMU can do. */
export interface QemuWorld {
  root: string;
  user: { uid: number; gid: number };
  abilities: QemuAbilities;
  remove(): Promise<void>;
}

export async function makeQemuWorld(): Promise<QemuWorld> {
  await addSystemGroup(KVM_GROUP);
  await addSystemUser(QEMU_USER);
  const user = lookupUser(QEMU_USER);
  if (user === null) throw new Error(`${QEMU_USER} could not be made`);
  await openTunDevice();
  const abilities = await observeQemu();
  // QEMU, qemu-img, landlock and the writers of logs are told of it in every way there is.
  const root = await mkdtemp(`/tmp/lq-${ODD_DIRECTORY}`);
  await chmod(root, 0o755);
  return { root, user, abilities, remove: () => removeTree(root) };
}

/** What udev does on a real Debian (50-udev-default.rules): everybody may open it, a tap's owner decides the rest. */
async function openTunDevice(): Promise<void> {
  const { mode } = await stat('/dev/net/tun');
  if ((mode & 0o666) !== 0o666) await chmod('/dev/net/tun', 0o666);
}

/** The guest's directories, as the engine makes them: root's with QEMU's group, and QEMU's own at run time. */
export async function makeGuestDirectories(world: QemuWorld, layout: GuestLayout): Promise<void> {
  await makeDirectory(layout.dir, { mode: 0o750, owner: { uid: 0, gid: world.user.gid } });
  await makeDirectory(layout.runDir, { mode: 0o700, owner: world.user });
  await writeFileAtomically(layout.pidFile, '', { mode: 0o600, owner: world.user });
}

/** An empty image, given to QEMU. */
export async function makeDiskFor(world: QemuWorld, path: string, format: 'raw' | 'qcow2'): Promise<void> {
  await makeDirectory(dirname(path));
  await createDisk({ path, format, sizeBytes: 64 * 1024 * 1024 });
  await chown(path, world.user.uid, world.user.gid);
}

/** A network namespace of the test's own, in which taps belong to QEMU's user. */
export class TapNamespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  async open(): Promise<void> {
    await exec('ip', ['netns', 'add', this.name]);
  }

  async addTap(tap: string, user: { uid: number }): Promise<void> {
    await this.#ip(['tuntap', 'add', 'dev', tap, 'mode', 'tap', 'user', String(user.uid)]);
  }

  async removeTap(tap: string): Promise<void> {
    await this.#ip(['link', 'del', 'dev', tap]);
  }

  async close(): Promise<void> {
    await exec('ip', ['netns', 'del', this.name]);
  }

  async #ip(args: string[]): Promise<void> {
    await exec('ip', ['-n', this.name, ...args]);
  }
}
