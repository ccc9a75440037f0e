import { chmod, chown, lstat, readdir } from 'node:fs/promises';
import { lookupUser, QEMU_USER } from '../host/users.ts';
import { ABOVE, FILES, type FileRule, fileRuleOf, isClosed } from '../model/file-modes.ts';
import type { Layout } from '../model/layout.ts';

/**
 * Brings every file of the instance back to the mode of the table: an older Lodge, a copy that was put back or a foreign umask may
 * have left another. Symbolic links, what the table does not know, and what lies in a directory of QEMU's own are left alone.
 *
 * @returns the paths that were changed, relative to the root
 */
export async function repairModes(layout: Pick<Layout, 'root'>): Promise<string[]> {
  const changed: string[] = [];
  const prefix = `${layout.root.replace(/\/$/, '')}/`;
  const gid = lookupUser(QEMU_USER)?.gid ?? null;
  if (prefix !== '/') {
    for (const rule of ABOVE) if (await repair(prefix + rule.path, rule, gid)) changed.push(rule.path);
  }
  const pending: string[] = [FILES.etcDir.path, FILES.stateDir.path, FILES.runDir.path];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const rule = fileRuleOf(path);
    if (rule === null) continue;
    if (await repair(prefix + path, rule, gid)) changed.push(path);
    if (rule.kind !== 'directory' || isClosed(rule)) continue;
    for (const name of await readdir(prefix + path).catch(() => [])) pending.push(`${path}/${name}`);
  }
  return changed;
}

async function repair(path: string, rule: FileRule, qemuGid: number | null): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (found === null || found.isSymbolicLink() || found.isDirectory() !== (rule.kind === 'directory')) return false;
  // Its mode depends on the group `lodge`: `listen` sets it.
  if (rule.kind === 'socket') return false;
  const wrongGroup = rule.owner === 'root and QEMU' && qemuGid !== null && found.gid !== qemuGid;
  if (wrongGroup && found.uid === 0) await chown(path, 0, qemuGid);
  if ((found.mode & 0o7777) !== rule.mode) await chmod(path, rule.mode);
  return wrongGroup || (found.mode & 0o7777) !== rule.mode;
}
