import { DatabaseSync } from 'node:sqlite';
import { LodgeError } from '../base/errors.ts';
import { FILES } from '../model/file-modes.ts';
import { makeFile } from './make-file.ts';

/**
 * Holds a file for the life of this process, so that a root has one daemon. SQLite's lock is the kernel's own: it is
 * gone with the process, however that ends, and a stale file means nothing. Node itself has no flock.
 *
 * @returns what gives the lock back, or null when another process holds it.
 */
export function takeInstanceLock(path: string): (() => void) | null {
  makeFile(path, FILES.daemonLock.mode);
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (error) {
    database.close();
    // SQLITE_BUSY of https://sqlite.org/rescode.html
    if ((error as { errcode?: number }).errcode === 5) return null;
    throw new LodgeError('STORE_FAILED', `cannot lock ${path}`, { cause: error });
  }
}
