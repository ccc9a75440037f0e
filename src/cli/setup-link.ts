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
  if (input.flag('replace') && !link) {
    const hint = unlink ? undefined : 'lodge setup --link --replace';
    throw aloneError('--replace: says that --link may take the place of another Lodge', hint);
  }
  if (!link && !unlink) return false;
  const others = ['backports', 'detach'].filter((option) => input.flag(option));
  if (link && unlink) throw aloneError('--link: must come without --unlink');
  if (others.length > 0)
    throw aloneError(`${link ? '--link' : '--unlink'}: must come without --${others.join(' and --')}`);
  return true;
}

/** Which of the two was meant nobody knows: a command that does one of them is no hint. */
function aloneError(message: string, hint = 'lodge setup --help'): LodgeError {
  return new LodgeError('USAGE', message, { hint });
}

/** Puts this Lodge on the PATH, or takes it away. With `--dry-run` it says what it would do, or is refused as it would be. */
export function setupLink(
  { env, output }: Pick<CliContext, 'env' | 'output'>,
  input: CommandInput,
  places: Places = { link: LINK, launcher: launcherPath(), completion: BASH_COMPLETION_FILE },
): undefined {
  if (input.flag('unlink')) return takeAway(output, input.flag('dry-run'), places);
  const { link, launcher, completion } = places;
  const how = { replace: input.flag('replace'), dryRun: input.flag('dry-run') };
  const made = linkLauncher(places, how);
  const completes = writeCompletionFile(completion, how);
  const { dryRun } = how;
  const done = dryRun ? { wouldMake: made } : { made };
  output.result({ link, target: launcher, ...done, completion: completes ? completion : null }, () => {
    if (!made) return `${link} leads to ${launcher} already`;
    return dryRun ? `${link} would lead to ${launcher}; nothing was changed` : `${link} leads to ${launcher}`;
  });
  if (output.json) return;
  for (const line of notes(places, env, { completes, dryRun })) output.say(line);
}

function takeAway(output: CliContext['output'], dryRun: boolean, places: Places): undefined {
  const { link, completion } = places;
  const removed = unlinkLauncher(places, { dryRun });
  const completed = removeCompletionFile(completion, { dryRun });
  const done = dryRun ? { wouldRemove: removed } : { removed };
  const verb = dryRun ? 'would be' : 'was';
  output.result({ link, ...done, completion: completed ? completion : null }, () =>
    [
      removed ? `${link} ${verb} removed` : `${link} ${dryRun ? 'is' : 'was'} not there`,
      ...(completed ? [`bash's completion ${verb} removed: ${completion}`] : []),
      ...(dryRun ? ['nothing was changed'] : []),
    ].join('\n'),
  );
}

function notes(
  { link, launcher, completion }: Places,
  env: CliContext['env'],
  { completes, dryRun }: { completes: boolean; dryRun: boolean },
): string[] {
  const directory = link.slice(0, link.lastIndexOf('/'));
  const isInPath = (env.PATH ?? '').split(':').includes(directory);
  const changeable = changeableByOthers(launcher);
  return [
    ...(isInPath ? [] : [`${directory} is not in your PATH: export PATH=${directory}:$PATH`]),
    completes
      ? `bash ${dryRun ? 'would complete' : 'completes'} it from the next login on, with the package bash-completion (${completion})`
      : `${completion} is not ours and stays: lodge completion bash prints the script`,
    // Root types the name, and runs what that file is then.
    ...(changeable === null || process.getuid?.() !== 0
      ? []
      : [`note: others than root may change ${changeable}, and so what root runs by that name`]),
  ];
}
