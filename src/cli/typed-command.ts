import { realpathSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How the user can type our name: `lodge` where that is this very program, else what was typed (the launcher says it in LODGE_COMMAND:
 * `./lodge`, `/opt/lodge/lodge`).
 */
export function typedCommand(env: Readonly<Record<string, string | undefined>>, cwd: string): string {
  const typed = env.LODGE_COMMAND ?? '';
  const own = typed.includes('/') ? realPath(typed.startsWith('/') ? typed : join(cwd, typed)) : null;
  if (own === null) return 'lodge';
  // The first one is the one a shell runs: another Lodge's before ours makes our name its.
  const directories = env.PATH ? env.PATH.split(':') : [];
  const onPath = directories.map((directory) => realPath(join(directory || cwd, 'lodge')));
  if (onPath.find((path) => path !== null) === own) return 'lodge';
  return /^[\w./+@-]+$/.test(typed) ? typed : `'${typed.replaceAll("'", "'\\''")}'`;
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/**
 * Puts that name into a text to a person, wherever it names one of our commands. The daemon's texts say `lodge`: it does not know how it
 * is called at the other end.
 */
export function commandNamer(command: string, words: readonly string[]): (text: string) => string {
  if (command === 'lodge') return (text) => text;
  const named = new RegExp(`(?<![\\w./-])lodge(?= (?:${words.join('|')}|--help|--version)(?![\\w-]))`, 'g');
  return (text) => text.replace(named, () => command);
}
