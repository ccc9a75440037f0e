import { LodgeError } from '../../base/errors.ts';
import { parseGuestName } from '../../base/guest-name.ts';
import { trimEndOf } from '../../base/trim-end.ts';

/** One side of a copy: a path of this host, the standard input or output, or a path in a guest. */
export type Endpoint =
  | { kind: 'local'; path: string }
  | { kind: 'stream' }
  | { kind: 'guest'; guest: string; path: string };
export type GuestPath = Extract<Endpoint, { kind: 'guest' }>;

export type HostPath = Exclude<Endpoint, GuestPath>;

export type Copy =
  | { direction: 'push'; from: HostPath[]; to: GuestPath }
  | { direction: 'pull'; from: GuestPath[]; to: HostPath };

/**
 * `web1:/etc/hosts` is in a guest; a path with a / or a dot before the colon is a file of this host, and `-` the stream. A guest's path that is
 * not absolute counts from the account's home.
 */
function parseEndpoint(text: string): Endpoint {
  if (text === '-') return { kind: 'stream' };
  const [, guest, path = ''] = /^([^/:]+):(.*)$/s.exec(text) ?? [];
  if (guest === undefined || !parseGuestName(guest).ok) return { kind: 'local', path: text };
  return { kind: 'guest', guest, path: path === '' ? '.' : path };
}

/** @throws USAGE when it is not from here into one guest or from guests to here */
export function parseCopy(words: readonly string[]): Copy {
  const ends = words.map(parseEndpoint);
  const to = ends.at(-1);
  const from = ends.slice(0, -1);
  if (to === undefined || from.length === 0) throw wrong('cp needs what to copy, and where to');
  const guests = from.filter((one) => one.kind === 'guest');
  if (to.kind === 'guest') {
    if (guests.length > 0) throw wrong('cp copies from here into a guest, or from a guest to here, not between guests');
    if (from.length > 1 && from.some(({ kind }) => kind === 'stream'))
      throw wrong('the standard input is one file and comes alone');
    return { direction: 'push', to, from: from.filter((one) => one.kind !== 'guest') };
  }
  if (guests.length === 0) throw wrong('one side must be in a guest, such as web1:/etc/hosts');
  if (guests.length < from.length) throw wrong('the sources must all be here, or all in guests');
  if (to.kind === 'stream' && from.length > 1) throw wrong('the standard output takes one file alone');
  return { direction: 'pull', to, from: guests };
}

/** The last name of a path, for its place in a directory; null where it has none of its own: `/`, `.`, `..`. */
export function lastName(path: string): string | null {
  const name = trimEndOf(path, '/').split('/').at(-1) ?? '';
  return name === '' || name === '.' || name === '..' ? null : name;
}

function wrong(rule: string): LodgeError {
  return new LodgeError('USAGE', rule, {
    hint: 'a file of this host with a colon in its name is ./a:b; for example: lodge cp FILE web1:/root/ or lodge cp web1:/etc/hosts .',
  });
}
