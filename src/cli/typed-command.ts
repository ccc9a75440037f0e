import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../base/quoting/shell-word.ts';

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
  return shellWord(typed);
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** How our commands are typed by this user: with the program's name, and with what has to stand before it. */
interface TypedForm {
  /** `lodge`, `./lodge` */
  command: string;
  /** For `sudo`, whose PATH is another one: `lodge` where that has it, else with its path. */
  underSudo: string;
  /** Whether he types `sudo` before each of them. */
  sudo: boolean;
  /** LODGE_ROOT, where it is set: without it a command would be about another instance. Empty: the system's. */
  root: string;
}

/** sudo's secure_path on Debian. */
const SUDO_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function typedForm(env: Readonly<Record<string, string | undefined>>, cwd: string): TypedForm {
  const command = typedCommand(env, cwd);
  const typed = env.LODGE_COMMAND ?? '';
  // Without the launcher nobody has typed anything that could be said again.
  if (!typed.includes('/')) return { command, underSudo: command, sudo: false, root: '' };
  const inSudo = typedCommand({ ...env, PATH: SUDO_PATH }, cwd);
  // A shell that sudo has started has the same SUDO_USER, and needs no sudo any more.
  const [program = ''] = (env.SUDO_COMMAND ?? '').split(' ');
  const sudo = (env.SUDO_USER ?? '') !== '' && /(?:^|\/)lodge$/.test(program);
  const own = realPath(typed.startsWith('/') ? typed : join(cwd, typed));
  const underSudo =
    inSudo === 'lodge' || command !== 'lodge' ? (inSudo === 'lodge' ? 'lodge' : command) : (own ?? command);
  return { command, underSudo, sudo, root: env.LODGE_ROOT ?? '' };
}

/**
 * Puts that form into a text to a person, wherever it names one of our commands. The daemon's texts say `lodge`: it does not know how it
 * is called at the other end.
 *
 *     lodge rm web1          -> ./lodge rm web1, LODGE_ROOT=/srv/x ./lodge rm web1, sudo ./lodge rm web1
 *     sudo lodge daemon stop -> sudo ./lodge daemon stop, sudo env LODGE_ROOT=/srv/x ./lodge daemon stop
 */
export function commandNamer(
  { command, underSudo, sudo, root }: TypedForm,
  words: readonly string[],
): (text: string) => string {
  if (command === 'lodge' && underSudo === 'lodge' && !sudo && root === '') return (text) => text;
  const named = new RegExp(
    `(?<![\\w./-])(sudo )?lodge(?= (?:(?:${words.join('|')}|--help|--version)(?![\\w-])|…))`,
    'g',
  );
  const setRoot = root === '' ? '' : `LODGE_ROOT=${shellWord(root)} `;
  return (text) =>
    text.replace(named, (_whole, typedSudo: string | undefined) => {
      if (typedSudo === undefined && !sudo) return `${setRoot}${command}`;
      return `sudo ${setRoot === '' ? '' : 'env '}${setRoot}${underSudo}`;
    });
}
