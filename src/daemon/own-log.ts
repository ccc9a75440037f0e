import { chmodSync, copyFileSync, fstatSync, ftruncateSync, statSync } from 'node:fs';
import { MIB } from '../base/size.ts';
import { FILES } from '../model/file-modes.ts';

/** Twice that is all the daemon's own words take: guests, too, have a say in what it tells. */
const LIMIT_BYTES = 4 * MIB;

/**
 * Keeps `daemon.log` bounded, when that is what this daemon writes to: not under systemd, nor in the foreground. When it is full it becomes
 * `.1`, in place, because the file is our standard error. To be called after each line; it looks every hundred.
 */
export function boundOwnLog(path: string, fd = 2): () => void {
  let lines = 0;
  return () => {
    lines += 1;
    if (lines % 100 !== 1) return;
    try {
      const [own, named] = [fstatSync(fd), statSync(path)];
      if (own.ino !== named.ino || own.dev !== named.dev || own.size <= LIMIT_BYTES) return;
      copyFileSync(path, `${path}.1`);
      chmodSync(`${path}.1`, FILES.daemonLog.mode);
      ftruncateSync(fd, 0);
    } catch {
      // Without a file of its own there is nothing to bound; on a full disk the next look tries again.
    }
  };
}
