import { shellWord } from '../base/quoting/shell-word.ts';
import { launcherPath } from './built.ts';
import type { CliContext } from './context.ts';

/**
 * How another shell calls this very Lodge, whatever its PATH is: the launcher with its path; with the root in front where it is not the
 * system's. Nothing of it is a name that a hint would put another form in the place of.
 */
export function lodgeWords({ layout }: Pick<CliContext, 'layout'>): string {
  return `${layout.root === '' ? '' : `env LODGE_ROOT=${shellWord(layout.root)} `}${shellWord(launcherPath())}`;
}
