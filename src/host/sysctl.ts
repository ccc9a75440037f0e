import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileError } from './files.ts';

/**
 * A kernel setting below /proc/sys as path segments, because names of interfaces may hold dots:
 * `['net', 'ipv4', 'conf', 'eth0.100', 'forwarding']`. Settings below `net` are those of our own network namespace.
 */
export type SysctlPath = readonly string[];

/** The value without its line end, or null when this kernel (or this interface) has no such setting. */
export async function readSysctl(path: SysctlPath): Promise<string | null> {
  try {
    return (await readFile(fileOf(path), 'utf8')).trim();
  } catch (error) {
    if (isMissing(error)) return null;
    throw fileError(error, `cannot read the setting ${path.join('/')}`);
  }
}

/** Writes only what differs. False when there is no such setting. */
export async function writeSysctl(path: SysctlPath, value: string): Promise<boolean> {
  const current = await readSysctl(path);
  if (current === null) return false;
  if (current === value) return true;
  try {
    await writeFile(fileOf(path), value);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw fileError(error, `cannot set ${path.join('/')} to ${value}`);
  }
}

/** Names below a path: interfaces of `['net', 'ipv6', 'conf']`, with `all` and `default`. Empty when there is no such path. */
export async function listSysctls(path: SysctlPath): Promise<string[]> {
  return readdir(fileOf(path)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw fileError(error, `cannot read the settings below ${path.join('/')}`);
  });
}

function fileOf(path: SysctlPath): string {
  return `/proc/sys/${path.join('/')}`;
}

/** ENODEV, EINVAL: the interface went away between opening and reading. */
function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENODEV', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '');
}
