import { pathExists } from './files.ts';

/** Where Debian and an administrator put programs; /usr/sbin is on the PATH of few users. */
const DIRECTORIES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** Those of the programs that are installed. */
export async function findPrograms(names: readonly string[]): Promise<string[]> {
  const isThere = await Promise.all(names.map(hasProgram));
  return names.filter((_, index) => isThere[index]);
}

export async function hasProgram(name: string): Promise<boolean> {
  const found = await Promise.all(DIRECTORIES.map((directory) => pathExists(`${directory}/${name}`)));
  return found.includes(true);
}
