import type { Problem } from '../base/errors.ts';
import { observeWayTo } from '../host/directory-access.ts';
import { groupsOf, lookupUser, QEMU_USER } from '../host/users.ts';
import { type Layout, rootRefusal } from '../model/layout.ts';
import { judgeFiles, judgeSocketPaths, judgeWay } from '../plan/doctor-root.ts';

/**
 * What makes a root unusable, looked at before the daemon starts: socket paths that would be too long for a guest with
 * the longest name, and directories that the unprivileged QEMU cannot walk through, or that are files. Directories that are not there yet
 * are no problem: whoever makes them lets QEMU in. Without the account (before set-up) only the lengths are judged.
 */
export async function checkRoot(layout: Layout, qemuUser: string = QEMU_USER): Promise<Problem[]> {
  const refusal = rootRefusal(layout.root);
  if (refusal !== null) return [{ path: 'LODGE_ROOT', rule: refusal, value: layout.root }];
  const ways = await Promise.all([layout.stateDir, layout.runDir].map(observeWayTo));
  const directories = [...new Map(ways.flat().map((directory) => [directory.path, directory])).values()];
  const files = judgeFiles(directories);
  if (files.length > 0) return files;
  const lengths = judgeSocketPaths(layout, (text) => Buffer.byteLength(text));
  const user = lookupUser(qemuUser);
  if (user === null) return lengths;
  const account = { name: qemuUser, uid: user.uid, gids: groupsOf(qemuUser) };
  return [...lengths, ...judgeWay(directories, account)];
}
