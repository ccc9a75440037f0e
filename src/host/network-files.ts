import { glob, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blankSecrets } from './network-secrets.ts';

interface ReadFile {
  path: string;
  text: string;
  mode: number;
}

/** Patterns of every configuration file of a network, but those that /etc/network/interfaces sources from elsewhere. */
const PATTERNS = [
  '/etc/network/interfaces',
  '/etc/network/interfaces.d/*',
  ...['/etc', '/run', '/usr/lib'].flatMap((directory) => [
    `${directory}/systemd/network/*.{network,netdev,link}`,
    `${directory}/systemd/network/*.{network,netdev,link}.d/*.conf`,
    `${directory}/netplan/*.yaml`,
    `${directory}/NetworkManager/system-connections/*`,
  ]),
  '/etc/NetworkManager/NetworkManager.conf',
  '/etc/NetworkManager/conf.d/*.conf',
  '/etc/cloud/cloud.cfg.d/*.cfg',
  '/etc/resolv.conf',
  '/etc/sysctl.conf',
  '/etc/sysctl.d/*.conf',
];
/** PATH_MAX: no file has a longer name, and glob knows no longer patterns. */
const PATTERN_MAX = 4096;
/** No configuration of a network is larger; what is has come there by mistake. */
const LARGEST_BYTES = 1024 * 1024;

/** Every configuration file of the network below `root` ('' is /), sorted by path, without secrets. Paths are as seen from that root. */
export async function readNetworkFiles(root: string): Promise<ReadFile[]> {
  const found = new Map<string, ReadFile>();
  for (const pattern of PATTERNS) await readMatching(root, pattern, found);
  const main = found.get('/etc/network/interfaces');
  if (main !== undefined) await followSources(root, main, found, new Set());
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `source PATTERN` and `source-directory PATTERN` of interfaces(5), from the directory of the file they stand in. */
async function followSources(
  root: string,
  { path, text }: ReadFile,
  found: Map<string, ReadFile>,
  seen: Set<string>,
): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  for (const [, verb, word = ''] of text.matchAll(/^[ \t\v\f]*(source|source-directory)[ \t\v\f]+(\S.*)$/gm)) {
    const pattern = word.startsWith('/') ? word.trimEnd() : join(dirname(path), word.trimEnd());
    const sourced = await readMatching(root, verb === 'source' ? pattern : `${pattern}/*`, found);
    for (const file of sourced) await followSources(root, file, found, seen);
  }
}

async function readMatching(root: string, pattern: string, found: Map<string, ReadFile>): Promise<ReadFile[]> {
  const matching: ReadFile[] = [];
  if (pattern.length > PATTERN_MAX) return matching;
  for await (const path of glob(root + pattern)) {
    const own = path.slice(root.length);
    const file = found.get(own) ?? (await readOne(path, own));
    if (file === null) continue;
    found.set(own, file);
    matching.push(file);
  }
  return matching;
}

/** Null for what is no file, cannot be read, or is too large. A link to /dev/null, which hides a file of systemd's, is an empty one. */
async function readOne(path: string, own: string): Promise<ReadFile | null> {
  try {
    const { mode, size } = await stat(path);
    const kind = mode & 0o170000;
    if ((kind !== 0o100000 && kind !== 0o020000) || size > LARGEST_BYTES) return null;
    const text = kind === 0o020000 ? '' : await readFile(path, 'utf8');
    return { path: own, text: blankSecrets(text), mode: mode & 0o7777 };
  } catch {
    return null;
  }
}
