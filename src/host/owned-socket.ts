import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { dirname } from 'node:path';

/** O_PATH of Linux on x86 and ARM, which Node does not name: a descriptor of the file itself, of whatever kind, that opens nothing. */
const O_PATH = 0o10000000;

/**
 * Connects to a unix socket in a directory whose owner may be hostile: only to a socket of that owner's own. He may put a link in its
 * place, to a socket of somebody else who lets root in; so the name is looked up once, no link is followed, and what is
 * connected to is that very file. A refusal comes as `connect` tells its own: by the event `error`.
 */
export function connectToOwned(path: string, { allowHalfOpen = false } = {}): Socket {
  let descriptor: number;
  try {
    descriptor = openOwned(path);
  } catch (error) {
    const socket = new Socket();
    process.nextTick(() => socket.destroy(error as Error));
    return socket;
  }
  try {
    // The system call is over when this returns: for a unix socket Node does not put it off.
    return connect({ path: `/proc/self/fd/${descriptor}`, allowHalfOpen });
  } finally {
    closeSync(descriptor);
  }
}

function openOwned(path: string): number {
  const { uid } = lstatSync(dirname(path));
  const descriptor = openSync(path, O_PATH | constants.O_NOFOLLOW);
  const found = fstatSync(descriptor);
  if (found.isSocket() && found.uid === uid) return descriptor;
  closeSync(descriptor);
  throw new Error(`${path} is no socket of the user ${uid}, whose directory it is in`);
}
