import { accessSync, constants } from 'node:fs';
import type { GuestDetail } from '../api/types.ts';

interface LoginWay {
  /** What it is, before the colon. */
  what: string;
  how: string;
}

/**
 * The way into a guest that is one for this user: no SSH where neither Lodge's own key is his to read nor any key of others was let in, and
 * none where the guest takes no key at all. Null where there is none yet: the guest has no address.
 *
 * @param readsLodgeKey whether he may read the key that Lodge puts into every guest, which is root's
 */
export function loginWay({ spec, ssh }: GuestDetail, readsLodgeKey: boolean): LoginWay | null {
  const { name, identity, sshKeys } = spec;
  // What comes from a CD shows itself on the screen first.
  if (identity === 'none') {
    return { what: 'log in', how: `lodge vnc ${name} or lodge console ${name}: it has no key of Lodge's` };
  }
  if (ssh.address === null) return null;
  if (readsLodgeKey) return { what: 'log in', how: `lodge ssh ${name}` };
  if (sshKeys.length > 0) return { what: 'log in', how: `lodge ssh ${name}, with a key that was let in` };
  return {
    what: 'a command in it',
    how: `lodge exec ${name} -- COMMAND; no key of yours is in it, to let one in at its next start: lodge set ${name} --ssh-key FILE`,
  };
}

export function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
