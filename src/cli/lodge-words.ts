import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { launcherPath } from './built.ts';
import type { CliContext } from './context.ts';

/**
 * How another shell on this host calls this very Lodge: `lodge` where its PATH will have it, else the launcher with its path; with the root
 * in front where it is not the system's.
 */
export function lodgeWords({ env, layout }: Pick<CliContext, 'env' | 'layout'>): string {
  const isInPath = (env.PATH ?? '')
    .split(':')
    .some((directory) => directory !== '' && existsSync(join(directory, 'lodge')));
  const root = layout.root === '' ? '' : `env LODGE_ROOT=${layout.root} `;
  return `${root}${isInPath ? 'lodge' : launcherPath()}`;
}
