import { routes } from '../../api/routes.ts';
import type { GuestDetail } from '../../api/types.ts';
import { LodgeError } from '../../base/errors.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import { sshPath } from '../../base/quoting/ssh-path.ts';
import type { CliContext } from '../context.ts';
import { refuseUnless } from '../guest-state.ts';
import type { CommandInput } from '../input.ts';
import { canRead } from '../login-way.ts';
import { runInTerminal } from '../spawn.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<number> {
  const [name = '', ...rest] = input.arguments;
  const words = guestWords(name, rest);
  const guest = await client.request<GuestDetail>('GET', routes.guest(name));
  refuseUnless(guest, 'ssh');
  const files = { identity: canRead(guest.ssh.identityFile), knownHosts: canRead(guest.ssh.knownHostsFile) };
  const code = await runInTerminal('ssh', [...sshArguments(guest, files), ...words]);
  if (code === NOT_IN) {
    output.say(`lodge: ssh did not get in, or was broken off; ${otherWays(guest)}`);
    if (!files.identity) output.say(OWN_KEY_NEEDED.replaceAll('NAME', name));
  }
  return code;
}

/** A guest that took no key of Lodge's, such as one from a CD, may have no agent, and shows itself on its screen first. */
function otherWays({ spec: { name, identity } }: GuestDetail): string {
  if (identity === 'none') return `other ways: lodge vnc ${name}, lodge console ${name}`;
  return `other ways: lodge exec ${name} -- COMMAND, lodge console ${name}`;
}

/** Who is not root comes in by his own key alone. */
const OWN_KEY_NEEDED =
  "lodge: Lodge's own key is root's: yours has to be in the guest. lodge exec NAME -- COMMAND can put it there; lodge set NAME --ssh-key FILE " +
  'does at its next start';

/** What ssh ends with when it did not get as far as a command (ssh(1), EXIT STATUS); a command may use it too. */
const NOT_IN = 255;

/**
 * The command for the guest, as typed after its name: `-- ls -l` and `ls -l` are the same.
 *
 * @throws USAGE when an option comes first: it is neither ours nor, without --, the guest's
 */
export function guestWords(name: string, typed: readonly string[]): readonly string[] {
  const [first = ''] = typed;
  if (first === '--') return typed.slice(1);
  if (!first.startsWith('-')) return typed;
  const separator = typed.indexOf('--');
  const command = separator === -1 ? typed : typed.slice(separator + 1);
  throw new LodgeError('USAGE', `${first}: lodge ssh has no such option`, {
    hint: `what is for the guest comes after --: lodge ssh ${name} -- ${command.map(shellWord).join(' ')}`.trimEnd(),
  });
}

/**
 * The host key was made by Lodge, so an unknown one is never accepted. Whoever may not read root's files has the host key from the daemon,
 * and the user's own keys have to do.
 *
 * @throws GUEST_UNREACHABLE when the guest has no address
 */
export function sshArguments(
  { spec, ssh }: GuestDetail,
  readable: { identity: boolean; knownHosts: boolean },
): string[] {
  if (ssh.address === null) {
    throw new LodgeError('GUEST_UNREACHABLE', `${spec.name} has no address to log in to`, {
      hint: `lodge console ${spec.name}`,
    });
  }
  const identity = readable.identity
    ? ['-o', `IdentityFile=${sshPath(ssh.identityFile)}`, '-o', 'IdentitiesOnly=yes']
    : [];
  const knownHosts = readable.knownHosts
    ? ['-o', `UserKnownHostsFile=${sshPath(ssh.knownHostsFile)}`]
    : ['-o', 'UserKnownHostsFile=none', '-o', `KnownHostsCommand=${printKnownHosts(ssh.address, ssh.hostKeys)}`];
  return [
    ...identity,
    ...knownHosts,
    '-o',
    'StrictHostKeyChecking=yes',
    // Without it a guest that is silent is waited for by the kernel's limit, two minutes.
    '-o',
    'ConnectTimeout=20',
    '-p',
    String(ssh.port),
    // Without it ssh goes on reading options after the destination: those would be the command's.
    '--',
    `${ssh.user}@${ssh.address}`,
  ];
}

/** No file to write and to take away again. ssh replaces `%`, so the `%` of printf is written twice (ssh_config(5), KnownHostsCommand). */
function printKnownHosts(address: string, hostKeys: readonly string[]): string {
  return ['/usr/bin/printf', '"%%s %%s %%s\\n"', ...hostKeys.map((key) => `${address} ${key}`)].join(' ');
}
