import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The mount that a path is on. */
export interface MountFacts {
  /** Where it is mounted, and from what: `/var`, `/dev/vdb1`. */
  point: string;
  source: string;
  /** Of the mount and of its file system: `ro`, `nodev`, `noexec`, `nosuid`, `relatime` … */
  options: string[];
}

/** A path that is not there yet is on the mount of its nearest parent that is. Null where /proc does not say. */
export async function observeMount(path: string): Promise<MountFacts | null> {
  const real = await realpath(path).catch(() => null);
  if (real === null) return path === '/' ? null : observeMount(dirname(path));
  return findMount(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''), real);
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 - ext3 /dev/root rw,errors=continue` (proc_pid_mountinfo(5)) */
export function findMount(mountinfo: string, path: string): MountFacts | null {
  let found: MountFacts | null = null;
  for (const line of mountinfo.split('\n')) {
    const [mount = '', system = ''] = line.split(' - ');
    const [, , , , rawPoint, mountOptions = ''] = mount.split(' ');
    if (rawPoint === undefined) continue;
    const point = unescapeMount(rawPoint);
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`);
    // Of several on one point the last one is seen.
    if (!isAbove || (found !== null && found.point.length > point.length)) continue;
    const [, source = '', systemOptions = ''] = system.split(' ');
    found = {
      point,
      source: unescapeMount(source),
      options: [...mountOptions.split(','), ...systemOptions.split(',')],
    };
  }
  return found;
}

/** Blanks and backslashes are octal there: `\040`. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
