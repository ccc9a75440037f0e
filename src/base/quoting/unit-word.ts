import { unsayable } from './unsayable.ts';

/**
 * The command line of a unit file (systemd.service(5), "Command lines"; systemd.syntax(7), "Quoting"). Of the first word systemd makes no
 * variables, and takes none with a quote, a backslash or a control character, however it is written (string_is_safe).
 *
 *     [/opt/a b/$x, 50%, $HOME] -> "/opt/a b/$x" 50%% $$HOME
 *
 * @throws STATE_REFUSED
 */
export function unitCommand([program = '', ...words]: readonly string[]): string {
  if (/["'\\\p{Cc}]/u.test(program)) {
    const why = 'it takes no program with a quote, a backslash or a control character in its path';
    throw unsayable(program, 'systemd', why, 'move it to a directory of another name');
  }
  return [quoted(program), ...words.map((word) => quoted(word.replaceAll('$', '$$$$')))].join(' ');
}

/**
 * A path in a setting that systemd takes apart at blanks, such as RequiresMountsFor=. There no escape stands for a control character.
 *
 *     /srv/a b -> "/srv/a b"    50% -> 50%%
 *
 * @throws STATE_REFUSED
 */
export function unitPath(path: string): string {
  if (/\p{Cc}/u.test(path)) {
    throw unsayable(
      path,
      'systemd',
      'it has no way to say a control character',
      'move it to a directory of another name',
    );
  }
  return quoted(path);
}

function quoted(word: string): string {
  const escaped = unitValue(word);
  if (/^[^\s"'\\;]+$/.test(escaped)) return escaped;
  const inQuotes = escaped.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `"${inQuotes.replace(/[^\P{Cc}\u0080-\u009f]/gu, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}

/** A setting that systemd takes as it stands, but for specifiers: `50% -> 50%%`. It ends at the line's end. */
export function unitValue(text: string): string {
  return text.replaceAll('%', '%%');
}

/**
 * Words of a command that systemd-run makes a unit of: the manager puts variables into them.
 *
 *     /srv/$x/a.iso -> /srv/$$x/a.iso
 */
export function unitRunWords(words: readonly string[]): string[] {
  return words.map((word) => word.replaceAll('$', '$$$$'));
}
