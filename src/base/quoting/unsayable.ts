import { LodgeError } from '../errors.ts';

/** Nobody's text may be read as something else: what a program has no way to be told of is refused, with its name in quotes. */
export function unsayable(value: string, program: string, why: string, hint: string): LodgeError {
  return new LodgeError('STATE_REFUSED', `${JSON.stringify(value)} cannot be written for ${program}: ${why}`, { hint });
}

export const RENAME_LINK = 'give the link a name of letters, digits and . _ - alone: a .link file, systemd.link(5)';
