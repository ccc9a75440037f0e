import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One directory on the way to a path. Symbolic links are followed, as the kernel does when it walks the path. */
export interface DirectoryFacts {
  path: string;
  mode: number;
  uid: number;
  gid: number;
  isDirectory: boolean;
}

/** Every directory from `/` down to the path, as far as they are there; the last one may be a file. */
export async function observeWayTo(path: string): Promise<DirectoryFacts[]> {
  const names: string[] = [];
  for (let current = path; ; current = dirname(current)) {
    names.unshift(current);
    if (current === '/') break;
  }
  const found = await Promise.all(names.map((name) => stat(name).catch(() => null)));
  return found.flatMap((entry, index) => {
    const name = names[index];
    if (entry === null || name === undefined) return [];
    return [{ path: name, mode: entry.mode & 0o777, uid: entry.uid, gid: entry.gid, isDirectory: entry.isDirectory() }];
  });
}
