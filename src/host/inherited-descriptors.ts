import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** proc(5), /proc/PID/fdinfo: the flags are octal, and O_CLOEXEC is among them. */
const CLOEXEC = 0o2000000;

/**
 * Closes what whoever started this process left open for it: every program we start would have it, too, and guests live for years.
 * What Node opens itself closes when a program is executed, and by that it is told.
 */
export function closeInheritedDescriptors(kept: readonly number[]): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd <= 2 || kept.includes(fd) || !isInherited(fd)) continue;
    try {
      closeSync(fd);
    } catch {
      // The directory's own, which is closed by now.
    }
  }
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & CLOEXEC) === 0;
  } catch {
    return false;
  }
}
