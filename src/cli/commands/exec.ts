import type { ExecGuest } from '../../api/types.ts';
import { LodgeError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';
import { runExec } from '../exec-session.ts';
import type { CommandInput } from '../input.ts';

export async function run(context: CliContext, input: CommandInput): Promise<number> {
  const { stdin, output } = context;
  const [name = '', ...typed] = input.arguments;
  const request = execRequest(name, typed, input);
  return runExec(context, name, request, {
    // From a terminal nothing is read: the keys stay the shell's, and nobody waits for a Ctrl-D.
    input: stdin.isTTY === true ? null : (stdin as AsyncIterable<Buffer>),
    stdout: (bytes) => written(output.stdout, bytes),
    stderr: (bytes) => written(output.stderr, bytes),
  });
}

/** A pipe whose reader is slow is waited for, and so is the guest then. */
function written(sink: unknown, bytes: Buffer): Promise<void> | undefined {
  const stream = sink as NodeJS.WritableStream;
  if (stream.write(bytes) !== false) return undefined;
  return new Promise((resolve) => stream.once('drain', resolve));
}

/**
 * The command as typed after the guest's name: `-- ls -l` and `ls -l` are the same.
 *
 * @throws USAGE
 */
function execRequest(name: string, typed: readonly string[], input: CommandInput): ExecGuest {
  const words = typed[0] === '--' ? typed.slice(1) : [...typed];
  if (input.flag('tty')) throw noTerminal(name);
  const env = Object.fromEntries(input.texts('env').map(parseAssignment));
  if (words.length === 0) {
    throw new LodgeError('USAGE', `what shall run in ${name}?`, {
      hint: `lodge exec ${name} -- hostname; a shell: lodge ssh ${name}`,
    });
  }
  const request: ExecGuest = { command: words };
  const [user, cwd] = [input.text('user'), input.text('cwd')];
  if (user !== undefined) request.user = user;
  if (cwd !== undefined) request.cwd = cwd;
  if (Object.keys(env).length > 0) request.env = env;
  return request;
}

function parseAssignment(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new LodgeError('USAGE', `--env: must be NAME=VALUE, got ${JSON.stringify(text)}`, {
    hint: 'lodge exec --help',
  });
}

function noTerminal(name: string): LodgeError {
  return new LodgeError('USAGE', 'lodge exec has no terminal: it is for commands', {
    hint: `a shell: lodge ssh ${name}; when SSH is broken: lodge set ${name} --password, then lodge console ${name}`,
  });
}
