import { chmodSync, chownSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { LodgeError } from '../base/errors.ts';
import { FILES } from '../model/file-modes.ts';

/**
 * Listens on the unix socket, for root and the group only, or on the one that systemd holds for us (`socketFd`).
 * The caller holds the instance's lock: a socket file that is there is a dead daemon's, or that of one that has given way.
 *
 * @returns what takes the socket's file away, unless another daemon's is in its place by then.
 */
export async function listen(
  server: Server,
  path: string,
  access: { gid: number | null; socketFd: number | null },
): Promise<() => void> {
  // Bound beside its place and moved there ready: nobody meets it before its mode is set. And libuv takes the file it has bound
  // away when it closes, whosever it is by then: that name is gone.
  const bound = `${path}.new`;
  try {
    if (access.socketFd === null) rmSync(bound, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(access.socketFd === null ? { path: bound } : { fd: access.socketFd }, resolve);
    });
    if (access.socketFd !== null) return () => {};
    if (access.gid !== null) chownSync(bound, 0, access.gid);
    chmodSync(bound, access.gid === null ? 0o600 : FILES.daemonSocket.mode);
    const { ino } = statSync(bound);
    renameSync(bound, path);
    return () => {
      if (statSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path);
    };
  } catch (cause) {
    throw new LodgeError('ROOT_UNUSABLE', `cannot listen on ${path}`, { cause });
  }
}
