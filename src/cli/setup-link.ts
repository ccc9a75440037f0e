import { LodgeError } from '../base/errors.ts';
import { launcherPath } from './built.ts';
import { BASH_COMPLETION_FILE, removeCompletionFile, writeCompletionFile } from './completion-file.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';
import { changeableByOthers, linkLauncher, unlinkLauncher } from './link-launcher.ts';

/** Where the administrator's own programs are: in root's PATH, in everybody's, and in sudo's. */
const LINK = '/usr/local/bin/lodge';

interface Places {
  link: string;
  launcher: string;
  completion: string;
}

/** `--link` and `--unlink`: nothing else of a set-up is done with them, and no daemon is asked. False without them. @throws USAGE */
export function wantsLink(input: CommandInput): boolean {
  const [link, unlink] = [input.flag('link'), input.flag('unlink')];
  if (input.flag('replace') && !link)
    throw aloneError('--replace: says that --link may take the place of another Lodge');
  if (!link && !unlink) return false;
  const others = ['backports', 'dry-run', 'detach'].filter((option) => input.flag(option));
  if (link && unlink) throw aloneError('--link: must come without --unlink');
  if (others.length > 0)
    throw aloneError(`${link ? '--link' : '--unlink'}: must come without --${others.join(' and --')}`);
  return true;
}

function aloneError(message: string): LodgeError {
  return new LodgeError('USAGE', message, { hint: 'lodge setup --link' });
}

/** Puts this Lodge on the PATH, or takes it away. */
export function setupLink(
  { env, output }: Pick<CliContext, 'env' | 'output'>,
  input: CommandInput,
  places: Places = { link: LINK, launcher: launcherPath(), completion: BASH_COMPLETION_FILE },
): undefined {
  const { link, launcher, completion } = places;
  if (input.flag('unlink')) {
    const removed = unlinkLauncher(places);
    const completed = removeCompletionFile(completion);
    return output.result({ link, removed, completion: completed ? completion : null }, () =>
      [
        removed ? `${link} was removed` : `${link} was not there`,
        ...(completed ? [`bash's completion was removed: ${completion}`] : []),
      ].join('\n'),
    );
  }
  const made = linkLauncher(places, input.flag('replace'));
  const completes = writeCompletionFile(completion);
  output.result({ link, target: launcher, made, completion: completes ? completion : null }, () =>
    made ? `${link} leads to ${launcher}` : `${link} leads to ${launcher} already`,
  );
  if (output.json) return;
  for (const line of notes(places, env, completes)) output.say(line);
}

function notes({ link, launcher, completion }: Places, env: CliContext['env'], completes: boolean): string[] {
  const directory = link.slice(0, link.lastIndexOf('/'));
  const isInPath = (env.PATH ?? '').split(':').includes(directory);
  const changeable = changeableByOthers(launcher);
  return [
    ...(isInPath ? [] : [`${directory} is not in your PATH: export PATH=${directory}:$PATH`]),
    completes
      ? `bash completes it from the next login on, with the package bash-completion (${completion})`
      : `${completion} is not ours and stays: lodge completion bash prints the script`,
    // Root types the name, and runs what that file is then.
    ...(changeable === null || process.getuid?.() !== 0
      ? []
      : [`note: others than root may change ${changeable}, and so what root runs by that name`]),
  ];
}
