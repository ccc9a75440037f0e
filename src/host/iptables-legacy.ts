import { exec } from './exec.ts';
import { readIfPresent } from './files.ts';

/**
 * What `iptables-legacy-save -c` prints: the old kernel interface, seen by that program alone. '' where nothing has used it (to
 * ask would load its tables) or where the program is missing.
 */
export async function readLegacyRules(family: 'ip' | 'ip6'): Promise<string> {
  const tables = await readIfPresent(`/proc/self/net/${family}_tables_names`).catch(() => null);
  if (tables === null || tables.trim() === '') return '';
  const program = family === 'ip' ? 'iptables-legacy-save' : 'ip6tables-legacy-save';
  return exec(program, ['-c']).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
