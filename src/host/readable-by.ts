import { exec } from './exec.ts';
import { lookupUser } from './users.ts';

/**
 * Whether a user may read a file, directories on the way included: asked of the kernel by trying as that user, since
 * modes, groups and ACLs together are nobody's to compute. An account that is not there may read nothing.
 */
export async function isReadableBy(userName: string, path: string): Promise<boolean> {
  const user = lookupUser(userName);
  if (user === null) return false;
  const identity = ['--reuid', String(user.uid), '--regid', String(user.gid), '--init-groups', '--'];
  const { exitCode } = await exec('setpriv', [...identity, 'test', '-r', path], { okExitCodes: [0, 1] });
  return exitCode === 0;
}
