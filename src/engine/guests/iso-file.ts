import { access, constants, stat } from 'node:fs/promises';
import type { Problem } from '../../base/errors.ts';
import { isReadableBy } from '../../host/readable-by.ts';
import { lookupUser, QEMU_USER } from '../../host/users.ts';

/** What keeps a CD image from being used: QEMU opens it as its own user, who cannot see into everybody's home. */
export async function isoProblems(path: string, file: string): Promise<Problem[]> {
  const found = await stat(file).catch(() => null);
  if (!file.startsWith('/') || found === null || !found.isFile()) {
    return [{ path, rule: 'must be the absolute path of a file that is there', value: file }];
  }
  // Before set-up there is no such user; QEMU's own refusal tells then.
  if (lookupUser(QEMU_USER) === null || (await isReadableBy(QEMU_USER, file))) return [];
  const rule = `must be readable by ${QEMU_USER}, as whom QEMU runs, on every directory of the way`;
  return [{ path, rule, value: file }];
}

export function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}
