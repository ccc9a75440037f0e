import { glob, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readBounded } from '../base/bounded-file.ts';
import { LodgeError } from '../base/errors.ts';
import { formatSize, MIB } from '../base/size.ts';
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
const LARGEST_BYTES = MIB;
/** A host has dozens of them. A `source` of a home leads to whatever others put there. */
const FILES_MAX = 1000;
const TOGETHER_BYTES = 8 * MIB;
/** What one pattern may lead past. */
const MATCHES_MAX = 10_000;

/**
 * Every configuration file of the network below `root` ('' is /), sorted by path, without secrets. Paths are as seen from that root.
 *
 * @throws TOO_COSTLY where there are more of them than any host has: a plan that leaves some out would be a wrong one
 */
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
    // Neither braces nor ** are anything to wordexp(3): here one is a thousand patterns, and the other every file of the host.
    const plain = word.trimEnd().replace(/[{}]/g, '[$&]').replaceAll(',', '?').replace(/\*+/g, '*');
    const pattern = plain.startsWith('/') ? plain : join(dirname(path), plain);
    const sourced = await readMatching(root, verb === 'source' ? pattern : `${pattern}/*`, found);
    for (const file of sourced) await followSources(root, file, found, seen);
  }
}

async function readMatching(root: string, pattern: string, found: Map<string, ReadFile>): Promise<ReadFile[]> {
  const matching: ReadFile[] = [];
  if (pattern.length > PATTERN_MAX) return matching;
  let matches = 0;
  for await (const path of glob(root + pattern)) {
    matches += 1;
    if (matches > MATCHES_MAX) throw tooMany(`${pattern} leads to more than ${MATCHES_MAX} files`);
    const own = path.slice(root.length);
    const file = found.get(own) ?? (await readOne(path, own));
    if (file === null) continue;
    found.set(own, file);
    requireFew(found);
    matching.push(file);
  }
  return matching;
}

/** Null for what is no file, cannot be read, or is too large. A link to /dev/null, which hides a file of systemd's, is an empty one. */
async function readOne(path: string, own: string): Promise<ReadFile | null> {
  try {
    const found = await stat(path);
    const { mode } = found;
    const text = found.isCharacterDevice() ? '' : (await readBounded(path, LARGEST_BYTES)).toString();
    return { path: own, text: blankSecrets(text), mode: mode & 0o7777 };
  } catch {
    return null;
  }
}

function requireFew(found: Map<string, ReadFile>): void {
  if (found.size > FILES_MAX) throw tooMany(`they are more than ${FILES_MAX}`);
  let together = 0;
  for (const { text } of found.values()) together += text.length;
  if (together > TOGETHER_BYTES) throw tooMany(`they have more than ${formatSize(TOGETHER_BYTES)} together`);
}

function tooMany(why: string): LodgeError {
  return new LodgeError('TOO_COSTLY', `the files of this host's network are not read: ${why}`, {
    hint: 'what leads to them: grep -r source /etc/network',
  });
}
