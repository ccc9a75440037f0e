import { routes } from '../../api/routes.ts';
import type { GuestDetail } from '../../api/types.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import { isLodgeError, LodgeError } from '../../base/errors.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import { inOneLine } from '../../base/terminal-text.ts';
import type { CliContext } from '../context.ts';
import { runExec } from '../exec-session.ts';
import { refuseUnless } from '../guest-state.ts';
import { explainComplaint } from './guest-complaints.ts';
import { MISSING, NO_DIRECTORY, SPECIAL } from './guest-scripts.ts';

const COMPLAINT_MAX_CHARACTERS = 2000;
/** A guest that complains on and on never comes to the copy's end. */
const COMPLAINTS_MAX_BYTES = 16 * 1024 * 1024;
/** GNU tar's, with the exit code 1: the copy is whole, of a moment that the file was not in. */
const CHANGED = /^(?:tar: )?(.*): (file changed as we read it|file removed before we read it|socket ignored)$/i;
const CHANGES: Readonly<Record<string, string>> = {
  'file changed as we read it': 'changed while it was copied',
  'file removed before we read it': 'vanished while it was copied',
  'socket ignored': 'left out, as it is a socket',
};

/** A tool that was called by its path calls itself that. */
const TOOL_PATH = /^\/[\w/.-]{1,100}\/(?=(?:tar|mv|cat): )/;

const CODES: Readonly<Record<number, ErrorCode>> = {
  [MISSING]: 'FILE_NOT_FOUND',
  [NO_DIRECTORY]: 'FILE_NOT_FOUND',
  [SPECIAL]: 'VALIDATION_FAILED',
};

interface CopyScript {
  guest: string;
  user: string | undefined;
  script: string;
  words: readonly string[];
  /** What a name in the archive is to the user. */
  nameOf?: (name: string) => string;
}

interface CopyStreams {
  input?: AsyncIterable<Uint8Array>;
  output?: (bytes: Buffer) => Promise<void> | undefined;
}

/** The daemon knows a copy's scripts as commands, and refuses `exec` by its name. */
async function refuseCopy({ client }: CliContext, guest: string, error: unknown): Promise<never> {
  if (isLodgeError(error, 'STATE_REFUSED')) {
    refuseUnless(await client.request<GuestDetail>('GET', routes.guest(guest)), 'cp');
  }
  throw error;
}

/**
 * Runs one of the scripts in a guest; gives 0, or 130 after Ctrl-C.
 *
 * @throws FILE_NOT_FOUND, VALIDATION_FAILED, DISK_FULL, COMMAND_FAILED with what the guest complained of
 */
export async function runCopyScript(
  context: CliContext,
  { guest, user, script, words, nameOf = (name) => name }: CopyScript,
  { input, output }: CopyStreams,
): Promise<number> {
  let complaint = '';
  let complaintBytes = 0;
  const command = ['sh', '-c', script, 'lodge-cp', ...words];
  const exec = runExec(context, guest, user === undefined ? { command } : { command, user }, {
    input: input ?? null,
    stdout: (bytes) => output?.(bytes),
    stderr: (bytes) => {
      complaintBytes += bytes.length;
      if (complaint.length < COMPLAINT_MAX_CHARACTERS) complaint += bytes.toString('utf8');
      if (complaintBytes > COMPLAINTS_MAX_BYTES)
        throw new LodgeError('COMMAND_FAILED', `${guest}: complains without end, so the copy was given up`);
      return undefined;
    },
  });
  const code = await exec.catch((error: unknown) => refuseCopy(context, guest, error));
  const lines = complaint.split('\n').map((line) => inOneLine(line).trim().replace(TOOL_PATH, ''));
  const said = lines.filter((line) => line !== '').slice(0, 5);
  if (code === 0 || code === 130) return code;
  if (code === 1 && said.length > 0 && said.every((line) => CHANGED.test(line))) {
    for (const line of said) context.output.say(`${guest}: ${changeOf(line, nameOf)}`);
    return 0;
  }
  const reading = output !== undefined;
  const explained = CODES[code] === undefined ? explainComplaint(guest, said, { reading, nameOf }) : null;
  if (explained !== null) throw explained;
  const message = `${guest}: ${said.join('; ').slice(0, 500) || `the copy ended with ${code} there`}`;
  const hint = code === NO_DIRECTORY ? makeItHint({ guest, user }, said[0] ?? '') : undefined;
  throw new LodgeError(CODES[code] ?? 'COMMAND_FAILED', message, { hint });
}

/** Made by the one who copies: it is his directory then. */
function makeItHint({ guest, user }: Pick<CopyScript, 'guest' | 'user'>, said: string): string | undefined {
  const directory = /^there is no directory (.+) in the guest$/.exec(said)?.[1];
  if (directory === undefined) return undefined;
  const as = user === undefined ? '' : ` --user ${shellWord(user)}`;
  return `lodge exec ${guest}${as} -- mkdir -p ${shellWord(directory)}`;
}

/** `tar: ./a: File removed before we read it -> /srv/a: vanished while it was copied` */
function changeOf(line: string, nameOf: (name: string) => string): string {
  const [, name = '', change = ''] = CHANGED.exec(line) ?? [];
  return `${nameOf(name)}: ${CHANGES[change.toLowerCase()] ?? change}`;
}
