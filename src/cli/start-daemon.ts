import { closeSync, existsSync, fchmodSync, fstatSync, openSync, rmdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connectSocket } from '../api/client.ts';
import { readEndSync } from '../base/bounded-file.ts';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { makeTree } from '../base/make-tree.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import { FILES } from '../model/file-modes.ts';
import type { Layout } from '../model/layout.ts';
import { isNobodyThere } from './connect-daemon.ts';
import { spawnDetached } from './spawn.ts';

// A daemon that ends is seen at once; this is for one that hangs. A cold start takes 1 s, and 20 s on an emulated disk and CPU.
const DEADLINE_MS = 60_000;
const RETRY_MS = 25;
const LOG_TAIL_LINES = 8;
const LOG_TAIL_BYTES = 64 * 1024;

/**
 * Starts a daemon and resolves with a connection to it. Two of us at once are fine: the daemon that comes second ends
 * with 0 and both find the first one's socket.
 *
 * @param args what Node is given to run the daemon
 * @throws DAEMON_UNREACHABLE with what daemon.log said last; PERMISSION_DENIED when only root can; ROOT_UNUSABLE, and what was made of
 *   the root is taken back
 */
export async function startDaemon(layout: Layout, args: readonly string[], deadlineMs = DEADLINE_MS): Promise<Socket> {
  const takeBack = noteWhatIsThere(layout);
  const log = openLog(layout);
  const logStart = fstatSync(log).size;
  const { child, refusal } = spawnDetached(process.execPath, args, log, layout.root);
  closeSync(log);
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = `could not be started: ${error.message}`;
  });
  // With its refusal: that comes before.
  child.once('close', (code, signal) => {
    if (code !== 0) failure = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  });
  const givenUpAt = Date.now() + deadlineMs;
  for (;;) {
    // Read before the attempt: a daemon of someone else's may come up while ours fails.
    const failed = failure;
    try {
      return await connectSocket(layout.daemonSocket);
    } catch (error) {
      if (!isNobodyThere(error)) throw error;
    }
    if (failed !== undefined) {
      const refused = await refusal;
      if (isLodgeError(refused, 'ROOT_UNUSABLE')) takeBack();
      if (isLodgeError(refused, 'ROOT_UNUSABLE') || isLodgeError(refused, 'PERMISSION_DENIED')) throw refused;
      throw startError(layout, logStart, `the daemon ${failed}`);
    }
    if (Date.now() > givenUpAt) {
      const message = `the daemon did not listen on ${layout.daemonSocket} within ${deadlineMs / 1000} s`;
      throw startError(layout, logStart, message);
    }
    await wait(RETRY_MS);
  }
}

/** Takes back what is made for the log from here on, as far as nobody else has put something there. */
function noteWhatIsThere({ daemonLog, stateDir }: Layout): () => void {
  const made: string[] = [];
  for (let path = stateDir; !existsSync(path); path = dirname(path)) made.push(path);
  const isNewLog = !existsSync(daemonLog);
  return () => {
    try {
      if (isNewLog) rmSync(daemonLog, { force: true });
      for (const path of made) rmdirSync(path);
    } catch {
      // Another command's: what went wrong is told, not this.
    }
  };
}

function openLog(layout: Layout): number {
  try {
    makeTree(layout.stateDir);
    const log = openSync(layout.daemonLog, 'a', FILES.daemonLog.mode);
    fchmodSync(log, FILES.daemonLog.mode);
    return log;
  } catch (cause) {
    const { code, path = layout.stateDir } = cause as NodeJS.ErrnoException;
    if (code === 'EROFS') throw readOnlyRoot(layout, path);
    if ((code !== 'EACCES' && code !== 'EPERM') || process.getuid?.() === 0) {
      const isFile = code === 'EEXIST' || code === 'ENOTDIR';
      const why = isFile
        ? `: ${path} is a file, and no directory`
        : code === 'ENOENT'
          ? `: ${path} cannot be made`
          : '';
      throw new LodgeError('ROOT_UNUSABLE', `the root ${layout.root || '/'} cannot be used${why}`, {
        hint: 'set LODGE_ROOT to a directory on a disk with room',
        ...(why === '' && { cause }),
      });
    }
    throw new LodgeError('PERMISSION_DENIED', 'no daemon is running, and only root can start one', {
      hint: 'sudo lodge daemon start',
    });
  }
}

function readOnlyRoot(layout: Layout, path: string): LodgeError {
  return new LodgeError(
    'ROOT_UNUSABLE',
    `the root ${layout.root || '/'} cannot be used: ${path} is on a read-only file system`,
    { hint: `which: findmnt --target ${shellWord(dirname(path))}; to make it writable: mount -o remount,rw` },
  );
}

/** Only what was said since this start: what is older belongs to another daemon. */
function startError(layout: Layout, logStart: number, message: string): LodgeError {
  let said = '';
  try {
    said = readEndSync(layout.daemonLog, logStart, LOG_TAIL_BYTES)
      .toString()
      .trim()
      .split('\n')
      .slice(-LOG_TAIL_LINES)
      .join('\n    ');
  } catch {
    // Without a log there is nothing to add.
  }
  return new LodgeError(
    'DAEMON_UNREACHABLE',
    said === '' ? message : `${message}; ${layout.daemonLog} says:\n    ${said}`,
    {
      hint: 'to run the daemon in the foreground and see everything it says: lodge serve',
    },
  );
}
