import { readBoundedSync } from '../base/bounded-file.ts';
import { exec } from './exec.ts';

/** The unprivileged account every QEMU of ours runs as, a member of kvm. `lodge setup` makes it. */
export const QEMU_USER = 'lodge-qemu';
/** Who is in this group may use the daemon's socket. */
export const LODGE_GROUP = 'lodge';
/** Owns /dev/kvm under udev's rules (50-udev-default.rules of systemd). */
export const KVM_GROUP = 'kvm';

/**
 * The account's numbers from /etc/passwd, null when there is none. Accounts of other sources (LDAP) are not looked at:
 * ours is always local.
 */
export function lookupUser(name: string, passwdFile = '/etc/passwd'): { uid: number; gid: number } | null {
  const fields = findEntry(name, passwdFile);
  return fields === null ? null : { uid: Number(fields[2]), gid: Number(fields[3]) };
}

export function lookupGroup(name: string, groupFile = '/etc/group'): { gid: number; members: string[] } | null {
  const fields = findEntry(name, groupFile);
  if (fields === null) return null;
  return { gid: Number(fields[2]), members: (fields[3] ?? '').split(',').filter((member) => member !== '') };
}

/** Every group the account is in: its own first, then those that list it as a member. */
export function groupsOf(name: string): number[] {
  const user = lookupUser(name);
  if (user === null) return [];
  const listed = readEntries('/etc/group').filter((fields) => fields[3]?.split(',').includes(name));
  return [...new Set([user.gid, ...listed.map((fields) => Number(fields[2]))])];
}

/** Makes a system group; one that is there already is left as it is. */
export async function addSystemGroup(name: string): Promise<void> {
  if (lookupGroup(name) === null) await exec('groupadd', ['--system', name]);
}

/** Makes a system account with a group of its own, without a home or a shell; one that is there is left as it is. */
export async function addSystemUser(name: string): Promise<void> {
  if (lookupUser(name) !== null) return;
  const nowhere = ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
  await exec('useradd', ['--system', '--user-group', ...nowhere, name]);
}

export async function addToGroup(name: string, group: string): Promise<void> {
  await exec('usermod', ['--append', '--groups', group, name]);
}

function findEntry(name: string, file: string): string[] | null {
  return readEntries(file).find((fields) => fields[0] === name) ?? null;
}

function readEntries(file: string): string[][] {
  try {
    return readBoundedSync(file)
      .toString()
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
