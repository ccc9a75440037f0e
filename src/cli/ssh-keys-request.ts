import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBoundedSync } from '../base/bounded-file.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';
import type { ProblemList } from './problem-list.ts';
import { defaultPublicKeys, readNamedKeyFile } from './ssh-key-files.ts';

type KeyContext = Pick<CliContext, 'cwd' | 'env'>;

/** The keys of the files that `--ssh-key` names; undefined when it names none. What else is in them is one line of `notes`. */
export function namedKeys(
  input: CommandInput,
  problems: ProblemList,
  { cwd }: Pick<KeyContext, 'cwd'>,
  notes: string[],
): string[] | undefined {
  const paths = input.texts('ssh-key');
  if (paths.length === 0) return undefined;
  const files = paths.map((path, index) => ({
    path,
    file: problems.read(`sshKeys[${index}]`, path, readNamedKeyFile(cwd)),
  }));
  noteLeftOut(
    notes,
    files.flatMap(({ path, file }) => file?.leftOut.map((why) => `${path} ${why}`) ?? []),
  );
  return files.flatMap(({ file }) => file?.keys ?? []);
}

/** What `create` lets in: the keys of the files that are named, else the user's own. One line of `notes` says what was left out and why. */
export function keysToLetIn(
  input: CommandInput,
  problems: ProblemList,
  context: KeyContext,
  notes: string[],
): string[] {
  const named = namedKeys(input, problems, context, notes);
  if (named !== undefined) return named;
  const owner = { env: context.env, uid: process.getuid?.() ?? 0, passwd: readBoundedSync('/etc/passwd').toString() };
  const { keys, leftOut, directories } = defaultPublicKeys(owner);
  const hasLogin = input.text('image') !== 'none' && input.text('iso') === undefined;
  if (keys.length > 0 || !hasLogin) noteLeftOut(notes, leftOut);
  // Lodge's own key is root's: who cannot read it and has none in the guest has the agent.
  else notes.push(noKeyLine(leftOut, directories, owner.uid === 0 ? 'lodge ssh' : 'lodge exec'));
  return keys;
}

function noteLeftOut(notes: string[], leftOut: readonly string[]): void {
  if (leftOut.length > 0) notes.push(`lodge: keys left out: ${leftOut.join('; ')}`);
}

/** Providers put the owner's key into authorized_keys alone: who logs in here is not said to own every guest, but told how. */
function noKeyLine(leftOut: readonly string[], directories: readonly string[], way: string): string {
  const why = leftOut.length > 0 ? leftOut.join('; ') : `no *.pub in ${directories.join(' or ') || '~/.ssh'}`;
  const authorized = directories
    .map((directory) => join(directory, 'authorized_keys'))
    .find((path) => existsSync(path));
  const others =
    authorized === undefined ? '--ssh-key FILE lets in a key' : `--ssh-key ${authorized} lets in who logs in here`;
  return `lodge: no public key of yours was taken (${why}): ${way} works all the same, ${others}`;
}
