import { resolve } from 'node:path';
import { LodgeError } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import { type Layout, layoutOf, rootRefusal, SOCKET_PATH_MAX_BYTES } from '../model/layout.ts';

/**
 * Where this instance lies, from LODGE_ROOT: unset or empty is the system's own.
 *
 * @throws ROOT_UNUSABLE when it is relative, and when the daemon's socket would have a path longer than the kernel takes.
 */
export function layoutFromEnvironment(lodgeRoot: string | undefined, cwd: string): Layout {
  refuseRelative(lodgeRoot, cwd);
  const absolute = lodgeRoot === undefined || lodgeRoot === '' ? '' : resolve(lodgeRoot);
  const refusal = rootRefusal(absolute);
  if (refusal !== null) {
    throw new LodgeError('ROOT_UNUSABLE', `LODGE_ROOT: ${refusal}, got ${JSON.stringify(absolute)}`, {
      hint: 'choose a LODGE_ROOT of another name',
    });
  }
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

/** From the next directory a relative one would be another instance, without a guest and without a word. */
function refuseRelative(lodgeRoot: string | undefined, cwd: string): void {
  if (lodgeRoot === undefined || lodgeRoot === '' || lodgeRoot.startsWith('/')) return;
  const rule = `LODGE_ROOT: must be an absolute path, got ${JSON.stringify(lodgeRoot)}`;
  throw new LodgeError('ROOT_UNUSABLE', `${rule}: from another directory it would be another instance`, {
    hint: lodgeRoot.startsWith('~')
      ? 'LODGE_ROOT="$HOME/…": no shell expands a ~ in quotes'
      : `export LODGE_ROOT=${shellWord(resolve(cwd, lodgeRoot))}`,
  });
}
