import type { ServerOptions } from 'node:http';
import { routes } from '../api/routes.ts';
import { JSON_VALUES_MAX } from '../base/bounded-json.ts';
import { LodgeError } from '../base/errors.ts';
import { MIB } from '../base/size.ts';
import { FACTS_VALUES_MAX } from '../model/network-facts.ts';
import { USER_DATA_MAX_BYTES } from '../model/user-data.ts';

interface BodyLimits {
  bytes: number;
  /** Of its JSON: everything between two commas, and every list and object. */
  values: number;
}

/** Keys and a command with all its words are far below. */
const ORDINARY: BodyLimits = { bytes: 4 * MIB, values: JSON_VALUES_MAX };
/** And user-data of the most that it may have, as base64: one byte more is told by its option, and not as a request too large. */
const CREATION: BodyLimits = { ...ORDINARY, bytes: ORDINARY.bytes + 4 * Math.ceil(USER_DATA_MAX_BYTES / 3) };
/** Facts of a host: a thousand taps and every file of its network are 4 MiB. They are judged in a process of their own. */
const FACTS: BodyLimits = { bytes: 16 * MIB, values: FACTS_VALUES_MAX };

export type ClientLimits = Pick<
  ServerOptions,
  | 'headersTimeout'
  | 'requestTimeout'
  | 'keepAliveTimeout'
  | 'connectionsCheckingInterval'
  | 'maxHeaderSize'
  | 'requireHostHeader'
>;

export const CLIENT_LIMITS: ClientLimits = {
  /** From the connection, or from the last answer, to the end of a request's head. */
  headersTimeout: 10_000,
  /** To the end of its body. An answer may take as long as it likes. */
  requestTimeout: 60_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
  requireHostHeader: false,
};

/** How long he who was refused is listened to, so that he can read why. */
export const LINGER_MS = 1_000;

/** Each console, each `events` and each command in a guest is one for as long as it lasts; a thousand guests may each have one. */
export const CONNECTIONS = {
  served: 2000,
  /** Of those above, up to this number are told that there are too many. */
  open: 2100,
} as const;

export function bodyLimitsOf(url: string): BodyLimits {
  const [path] = url.split('?');
  if (path === routes.guests) return CREATION;
  return path === routes.networkExplain ? FACTS : ORDINARY;
}

/**
 * @returns the path's words, decoded: `/v1/guests/a%20b -> ['v1', 'guests', 'a b']`
 * @throws USAGE for what is no path, or no UTF-8 behind its %
 */
export function readTarget(url: string | undefined): string[] {
  const [path = ''] = (url ?? '').split('?');
  if (!/^\/[\x21-\x5b\x5d-\x7e]*$/.test(path)) {
    throw new LodgeError('USAGE', 'the path of a request begins with / and has neither a backslash nor a space');
  }
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    throw new LodgeError('USAGE', `the path of a request has a % that stands for nothing: ${path.slice(0, 200)}`);
  }
}
