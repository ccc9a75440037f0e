import { chmodSync, closeSync, openSync } from 'node:fs';

/**
 * Makes an empty file of this mode where there is none, and gives the mode to one that is there: SQLite makes its own by the umask.
 * One that is there is never opened: to close it would end every lock that this process has on it (fcntl(2)).
 */
export function makeFile(path: string, mode: number): void {
  try {
    closeSync(openSync(path, 'wx', mode));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  chmodSync(path, mode);
}
