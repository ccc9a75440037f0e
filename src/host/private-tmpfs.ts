import { readlink } from 'node:fs/promises';
import { sleep } from '../base/clock.ts';
import { exec, startHeld } from './exec.ts';

/** Memory as a file system that only its holder's mount namespace has. */
export interface PrivateTmpfs {
  /** Where this process sees it. */
  path: string;
  /** What goes before a program and its arguments, so that it sees it at the mount point. */
  enter: string[];
  close: () => Promise<void>;
}

const WAIT_MS = 5_000;

/**
 * Mounts a tmpfs on a directory in a namespace of its own. No mount is to be seen elsewhere, and with our end, be it by
 * SIGKILL, its holder ends, and with it the mount.
 *
 * @throws COMMAND_FAILED where mounts are not allowed
 */
export async function openPrivateTmpfs(mountPoint: string, sizeBytes: number): Promise<PrivateTmpfs> {
  // cat ends when its standard input does.
  const holder = await startHeld('unshare', ['--mount', '--propagation', 'private', 'cat']);
  const close = () => holder.release('');
  try {
    const namespace = `/proc/${holder.pid}/ns/mnt`;
    const ours = await readlink('/proc/self/ns/mnt');
    for (let waitedMs = 0; (await readlink(namespace)) === ours; waitedMs += 5) {
      if (waitedMs > WAIT_MS) throw new Error('unshare made no namespace');
      await sleep(5);
    }
    const enter = ['nsenter', `--mount=${namespace}`, '--'];
    const [program = '', ...args] = enter;
    const options = `size=${sizeBytes},mode=0755`;
    await exec(program, [...args, 'mount', '-t', 'tmpfs', '-o', options, 'lodge-build', mountPoint]);
    return { path: `/proc/${holder.pid}/root${mountPoint}`, enter, close };
  } catch (error) {
    await close();
    throw error;
  }
}
