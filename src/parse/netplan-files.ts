import { baseName, directoryOf, type NetworkText } from './networkd-files.ts';

/** netplan's: a file of /run takes the place of one of its name in /etc, and that one's of one in /lib. */
const DIRECTORIES = ['/run/netplan', '/etc/netplan', '/lib/netplan', '/usr/lib/netplan'];

/** The files netplan reads, in the order it reads them: by name, whatever the directory. netplan-generate(8). */
export function netplanFiles(files: readonly NetworkText[]): NetworkText[] {
  const byName = new Map<string, { rank: number; file: NetworkText }>();
  for (const file of files) {
    const rank = DIRECTORIES.indexOf(directoryOf(file.path));
    if (rank < 0 || !file.path.endsWith('.yaml')) continue;
    const known = byName.get(baseName(file.path));
    if (known === undefined || rank < known.rank) byName.set(baseName(file.path), { rank, file });
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { file }]) => file);
}
