import { pathExists } from './files.ts';

/** True where systemd is PID 1: sd_booted(3) looks at the same directory. Installed is not booted. */
export function hasSystemd(): Promise<boolean> {
  return pathExists('/run/systemd/system');
}
