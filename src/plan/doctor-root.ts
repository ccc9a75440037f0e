import { type Problem, problemText } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import type { DoctorCheck } from '../model/doctor.ts';
import { guestLayoutOf, type Layout, SOCKET_PATH_MAX_BYTES } from '../model/layout.ts';
import { failing, fine } from './doctor-check.ts';

interface DirectoryFacts {
  path: string;
  mode: number;
  uid: number;
  gid: number;
}

/** The account QEMU runs as, by number. */
export interface AccountFacts {
  name: string;
  uid: number;
  gids: number[];
}

const LONGEST_NAME = 'n'.repeat(40);
/** Under these the daemon makes each guest's directory and gives it to QEMU; the last ones it sets the mode of itself. */
const LONGEST_HINT = `a guest's name may have 40 characters`;

/** Sockets of a guest with the longest name, and the daemon's own, that no sockaddr_un can hold. UTF-8 bytes count. */
export function judgeSocketPaths(layout: Layout, byteLength: (text: string) => number): Problem[] {
  const guest = guestLayoutOf(layout, LONGEST_NAME, 'qcow2');
  const sockets = [layout.daemonSocket, guest.qmpSocket, guest.serialSocket, guest.vncSocket, guest.agentSocket];
  const longest = sockets.reduce((left, right) => (byteLength(right) > byteLength(left) ? right : left));
  const excess = byteLength(longest) - SOCKET_PATH_MAX_BYTES;
  if (excess <= 0) return [];
  return [
    {
      path: 'LODGE_ROOT',
      rule: `must be ${excess} bytes shorter: socket paths have at most ${SOCKET_PATH_MAX_BYTES} bytes and ${LONGEST_HINT}`,
      value: layout.root,
    },
  ];
}

/** A file where a directory would have to be. */
export function judgeFiles(way: { path: string; isDirectory: boolean }[]): Problem[] {
  const files = way.filter(({ isDirectory }) => !isDirectory);
  return files.map(({ path }) => ({ path: 'LODGE_ROOT', rule: `${path} must be a directory`, value: undefined }));
}

/** Directories the account cannot walk through on its way to where guests lie. */
export function judgeWay(directories: DirectoryFacts[], account: AccountFacts): Problem[] {
  return directories
    .filter((directory) => !mayEnter(directory, account))
    .map((directory) => ({
      path: directory.path,
      rule: `must let ${account.name} in`,
      value: directory.mode.toString(8).padStart(4, '0'),
    }));
}

/** path_resolution(7): the first class that fits decides, the owner's even when it grants less. */
function mayEnter({ mode, uid, gid }: DirectoryFacts, account: AccountFacts): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (account.gids.includes(gid)) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

export function judgeRoot(root: string, problems: Problem[]): DoctorCheck {
  const shown = root === '' ? '/' : root;
  if (problems.length === 0) return fine('root', `the root ${shown} can be used`);
  return failing('root', `the root ${shown} cannot be used`, problems.map(problemText).join('\n'), rootFix(problems));
}

/** What makes such a root usable. */
export function rootFix(problems: Problem[]): string {
  const closed = problems.filter((problem) => problem.path !== 'LODGE_ROOT').map((problem) => problem.path);
  if (closed.length === problems.length) return `chmod o+x ${closed.map(shellWord).join(' ')}`;
  return 'set LODGE_ROOT to a directory with a short path that everybody may enter';
}
