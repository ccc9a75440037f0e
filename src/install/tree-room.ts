import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GIB } from '../base/size.ts';
import { observeMemory } from '../host/memory.ts';
import { openPrivateTmpfs } from '../host/private-tmpfs.ts';

/** The tree with its packages and lists takes under 1 GiB; as much again and more is left to the host and its guests. */
const TMPFS_BYTES = 2 * GIB;
const MEMORY_FOR_TMPFS = 4 * GIB;

/** Where an image's tree grows. */
export interface TreeRoom {
  /** The tree as this process sees it. */
  treeDir: string;
  /** What goes before a program that shall see it at workDir/tree. */
  enter: string[];
  close: () => Promise<void>;
}

/**
 * workDir/tree: in memory where there is plenty, because tens of thousands of small files and dpkg's many syncs are what a
 * build waits for (docs/decisions/0011-image-build.md). Where mounts are not allowed it is a directory.
 */
export async function openTreeRoom(workDir: string): Promise<TreeRoom> {
  const treeDir = join(workDir, 'tree');
  await mkdir(treeDir, { recursive: true, mode: 0o755 });
  // After an abort the namespace's last processes may still be writing for some milliseconds: rm tries again.
  const remove = () => rm(treeDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  const { availableBytes } = await observeMemory();
  const tmpfs =
    availableBytes < MEMORY_FOR_TMPFS ? null : await openPrivateTmpfs(treeDir, TMPFS_BYTES).catch(() => null);
  if (tmpfs === null) return { treeDir, enter: [], close: remove };
  const close = async () => {
    await tmpfs.close();
    await remove();
  };
  return { treeDir: tmpfs.path, enter: tmpfs.enter, close };
}
