import { statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { type Connector, connectSocket } from '../api/client.ts';
import { LodgeError } from '../base/errors.ts';
import type { Layout } from '../model/layout.ts';

/**
 * For a command that makes no instance: a LODGE_ROOT that is not there was mistyped, and made now it would be one without a guest.
 *
 * @throws ROOT_NOT_FOUND
 */
export function refuseMissingRoot({ root }: Pick<Layout, 'root'>): void {
  if (root === '') return;
  try {
    statSync(root);
  } catch (error) {
    // What hides it, or is a file on the way, is told by whoever uses it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
    throw new LodgeError('ROOT_NOT_FOUND', `LODGE_ROOT=${root}: nothing is there`, {
      hint: 'to make an instance there: lodge create NAME or lodge setup',
    });
  }
}

/**
 * A connector to the daemon's socket. When nobody listens it calls `start`, which resolves with a connection to a
 * daemon it has started; without `start` that is DAEMON_UNREACHABLE. Nothing of either is done without the root, unless `makesRoot`.
 */
export function daemonConnector(
  layout: Layout,
  { start, makesRoot = false }: { start?: () => Promise<Socket>; makesRoot?: boolean } = {},
): Connector {
  return async () => {
    try {
      return await connectSocket(layout.daemonSocket);
    } catch (error) {
      if (isNobodyThere(error)) {
        if (!makesRoot) refuseMissingRoot(layout);
        if (start !== undefined) return start();
        throw new LodgeError('DAEMON_UNREACHABLE', `no daemon listens on ${layout.daemonSocket}`, {
          hint: 'lodge daemon start',
        });
      }
      throw await connectError(error, layout);
    }
  };
}

/** A socket file that is not there or cannot be (its directory is a file), or was left by a daemon that is gone. */
export function isNobodyThere(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED';
}

async function connectError(error: unknown, layout: Layout): Promise<LodgeError> {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EACCES' && code !== 'EPERM') {
    return new LodgeError('DAEMON_UNREACHABLE', `cannot reach the daemon on ${layout.daemonSocket}`, { cause: error });
  }
  const group = await socketGroup(layout);
  const who = group === undefined ? 'root' : `root and the group ${group}`;
  return new LodgeError('PERMISSION_DENIED', `you may not use ${layout.daemonSocket}: it is open to ${who}`, {
    hint:
      group === undefined
        ? 'sudo lodge …'
        : `sudo lodge …; or sudo usermod -aG ${group} "$USER" and log in anew: members command every guest and the host's network`,
  });
}

/** The name of the group that owns the socket, or the directory that hides it; undefined when that is root's. */
async function socketGroup(layout: Layout): Promise<string | undefined> {
  const { readBoundedSync } = await import('../base/bounded-file.ts');
  for (const path of [layout.daemonSocket, layout.runDir]) {
    try {
      const { gid } = statSync(path);
      if (gid === 0) return undefined;
      const lines = readBoundedSync('/etc/group').toString().split('\n');
      return lines.find((line) => line.split(':')[2] === String(gid))?.split(':')[0] ?? String(gid);
    } catch {
      // The directory may hide the socket: its own group is the answer then.
    }
  }
  return undefined;
}
