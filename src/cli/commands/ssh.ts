import { accessSync, constants } from 'node:fs';
import { routes } from '../../api/routes.ts';
import type { GuestDetail } from '../../api/types.ts';
import { LodgeError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';
import { refuseUnless } from '../guest-state.ts';
import type { CommandInput } from '../input.ts';
import { runInTerminal } from '../spawn.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<number> {
  const [name = '', ...rest] = input.arguments;
  const words = guestWords(name, rest);
  const guest = await client.request<GuestDetail>('GET', routes.guest(name));
  refuseUnless(guest, 'ssh');
  refuseUnread(guest, isForbidden(guest.ssh.knownHostsFile));
  const code = await runInTerminal('ssh', [...sshArguments(guest, canRead(guest.ssh.identityFile)), ...words]);
  if (code === NOT_IN)
    output.say(`lodge: ssh did not get in, or was broken off; other ways: lodge exec ${name}, lodge console ${name}`);
  return code;
}

/** What ssh ends with when it did not get as far as a command (ssh(1), EXIT STATUS); a command may use it too. */
const NOT_IN = 255;

/** Root's files say who the guest is and let Lodge in: without them ssh would only complain of a host key that it does not know. */
export function refuseUnread({ spec, ssh }: GuestDetail, isHostKeyForbidden: boolean): void {
  if (ssh.address === null || !isHostKeyForbidden) return;
  throw new LodgeError('PERMISSION_DENIED', `the SSH host key of ${spec.name} is in a file that only root may read`, {
    hint: `lodge exec ${spec.name} -- COMMAND works without it, for members of the group lodge too; or sudo lodge ssh ${spec.name}`,
  });
}

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
    hint: `what is for the guest comes after --: lodge ssh ${name} -- ${command.join(' ')}`.trimEnd(),
  });
}

/**
 * The host key was made by Lodge, so an unknown one is never accepted. Without access to Lodge's own key (its file is
 * root's) the user's keys have to do.
 *
 * @throws GUEST_UNREACHABLE when the guest has no address
 */
export function sshArguments({ spec, ssh }: GuestDetail, identityReadable: boolean): string[] {
  if (ssh.address === null) {
    throw new LodgeError('GUEST_UNREACHABLE', `${spec.name} has no address to log in to`, {
      hint: `lodge console ${spec.name}`,
    });
  }
  const identity = identityReadable ? ['-i', ssh.identityFile, '-o', 'IdentitiesOnly=yes'] : [];
  return [
    ...identity,
    // ssh_config(5): a path with spaces is put in double quotes
    '-o',
    `UserKnownHostsFile="${ssh.knownHostsFile}"`,
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

function isForbidden(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
