import { exec } from './exec.ts';

/**
 * Whether a user may read a file, directories on the way included: asked of the kernel by trying as that user, since
 * modes, groups and ACLs together are nobody's to compute.
 */
export async function isReadableBy(
  user: { uid: number; gid: number; groups: readonly number[] },
  path: string,
): Promise<boolean> {
  const groups = user.groups.length === 0 ? ['--clear-groups'] : ['--groups', user.groups.join(',')];
  const identity = ['--reuid', String(user.uid), '--regid', String(user.gid), ...groups, '--'];
  const { exitCode } = await exec('setpriv', [...identity, 'test', '-r', path], { okExitCodes: [0, 1] });
  return exitCode === 0;
}
