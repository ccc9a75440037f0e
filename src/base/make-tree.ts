import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and its parents, those that are new with mode 0755 whatever the umask is. Throws the kernel's own error (EROFS, ENOTDIR, EACCES …): Node's recursion
 * says ENOENT for a read-only file system, and never comes back below /proc (Node 24).
 */
export function makeTree(path: string): void {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeTree(parent);
  try {
    mkdirSync(path, { mode: 0o755 });
    chmodSync(path, 0o755);
  } catch (error) {
    // Made by another one in between.
    if (!isDirectory(path)) throw error;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
