import { resolve } from 'node:path';
import { LodgeError } from '../base/errors.ts';
import { type Layout, layoutOf, SOCKET_PATH_MAX_BYTES } from '../model/layout.ts';

/**
 * Where this instance lies, from LODGE_ROOT: unset or empty is the system's own.
 *
 * @throws ROOT_UNUSABLE when the daemon's socket would have a path longer than the kernel takes.
 */
export function layoutFromEnvironment(lodgeRoot: string | undefined, cwd: string): Layout {
  const absolute = lodgeRoot === undefined || lodgeRoot === '' ? '' : resolve(cwd, lodgeRoot);
  const layout = layoutOf(absolute === '/' ? '' : absolute);
  const bytes = Buffer.byteLength(layout.daemonSocket);
  if (bytes > SOCKET_PATH_MAX_BYTES) {
    throw new LodgeError(
      'ROOT_UNUSABLE',
      `LODGE_ROOT is too long: ${layout.daemonSocket} has ${bytes} bytes and a unix socket's path at most ${SOCKET_PATH_MAX_BYTES}`,
      { hint: 'choose a LODGE_ROOT with a shorter path' },
    );
  }
  return layout;
}
