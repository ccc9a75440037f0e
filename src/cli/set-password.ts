import { routes } from '../api/routes.ts';
import type { GuestPassword, SetPassword } from '../api/types.ts';
import { LodgeError, validationError } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';

const INPUT_MAX_BYTES = 4096;

/** What `--password`, `--password-stdin` and `--user` ask for; null without them. @throws USAGE */
export async function passwordRequest({ stdin }: CliContext, input: CommandInput): Promise<SetPassword | null> {
  const [made, given, user] = [input.flag('password'), input.flag('password-stdin'), input.text('user')];
  if (!made && !given) {
    if (user === undefined) return null;
    throw new LodgeError('USAGE', '--user: says whose --password', {
      hint: `lodge set ${shellWord(input.first)} --password --user ${shellWord(user)}`,
    });
  }
  if (made && given) {
    throw new LodgeError('USAGE', '--password-stdin: must come without --password, which makes one', {
      hint: 'lodge set --help',
    });
  }
  const request: SetPassword = user === undefined ? {} : { user };
  if (given) request.password = await readLine(stdin, input.first);
  return request;
}

/** The one moment in which a made password is shown; one that was given is not repeated. */
export async function askForPassword(
  { client }: CliContext,
  name: string,
  request: SetPassword,
): Promise<GuestPassword> {
  return client.request<GuestPassword>('POST', routes.guestPassword(name), request);
}

/** What to print, and what to say beside it. */
export function passwordTexts(name: string, { user, password }: GuestPassword): { result: string; talk: string } {
  const way = `it opens lodge console ${name}; SSH takes no password in the images that Lodge builds`;
  if (password === null) return { result: `the password of ${user} in ${name} was set`, talk: way };
  return { result: `password of ${user} in ${name}: ${password}`, talk: `${way}. It is shown this once` };
}

async function readLine(stdin: CliContext['stdin'], name: string): Promise<string> {
  if (stdin.isTTY === true) {
    throw new LodgeError('USAGE', '--password-stdin: reads from a pipe or a file, not from the terminal', {
      hint: `to have one made: lodge set ${shellWord(name)} --password`,
    });
  }
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > INPUT_MAX_BYTES) {
      // The daemon's own words, for what need not be sent to it.
      const rule = 'must be one line of 1 to 256 characters';
      throw validationError('the password', [{ path: 'password', rule, value: undefined }]);
    }
  }
  return text.replace(/\r?\n$/, '');
}
