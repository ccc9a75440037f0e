import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import { MIB } from '../base/size.ts';
import type { GuestSpec } from './guest.ts';
import type { CreateGuest } from './guest-request.ts';

/** Of the file: far more than anybody writes, and no burden to the daemon. */
export const USER_DATA_MAX_BYTES = 4 * MIB;
/** Of everything that is packed in it, together. */
export const USER_DATA_UNPACKED_MAX_BYTES = 16 * MIB;

/** As it is stored: text where it is text, so that a person can read it, else its bytes. */
export type StoredUserData = Pick<GuestSpec, 'userData' | 'userDataBase64'>;

/** Groups of four are counted apart: an expression that repeats them has a place on the stack for each, and megabytes overflow it. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Bytes stay bytes: text only where UTF-8 gives the same bytes back, the byte order mark with them. */
export function storedUserData(bytes: Uint8Array): StoredUserData {
  try {
    return { userData: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { userData: null, userDataBase64: toBase64(bytes) };
  }
}

/** Null: the guest has none. */
export function userDataBytes({ userData, userDataBase64 }: StoredUserData): Uint8Array | null {
  if (userDataBase64 !== undefined) return Uint8Array.from(atob(userDataBase64), (char) => char.charCodeAt(0));
  return userData === null ? null : new TextEncoder().encode(userData);
}

export function requestedUserData({ userData, userDataBase64 }: CreateGuest): Parsed<StoredUserData> {
  if (userDataBase64 === undefined) return parsed({ userData: userData ?? null });
  if (userData !== undefined) return rejected('given as text or as base64, not both');
  if (userDataBase64.length % 4 !== 0 || !BASE64.test(userDataBase64)) return rejected('base64 in one line');
  const bytes = userDataBytes({ userData: null, userDataBase64 });
  return parsed(storedUserData(bytes ?? new Uint8Array()));
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
