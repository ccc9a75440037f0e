import type { IniDocument } from '../model/ini-document.ts';
import type { SourceSpot } from '../model/network-intent.ts';
import { type IniEntry, type IniSection, parseIni, sectionsOf } from './ini.ts';

/** A file's place and text; `ConfigFile` of the facts is one. */
export interface NetworkText {
  path: string;
  text: string;
}

/** A .network, .netdev or .link file with its drop-ins, as networkd puts them together. */
export interface NetworkdUnit {
  /** `10-eth0.network`: what order and masking go by. */
  name: string;
  path: string;
  /** The file itself and then its drop-ins, by the names of those. */
  documents: IniDocument[];
}

/** An entry with the file it stands in. */
export interface PlacedEntry extends IniEntry {
  path: string;
}

export interface PlacedSection extends IniSection {
  path: string;
  entries: PlacedEntry[];
}

/** systemd's order: what is in an earlier directory masks a file of the same name in a later one. */
const DIRECTORIES = [
  '/etc/systemd/network',
  '/run/systemd/network',
  '/usr/local/lib/systemd/network',
  '/usr/lib/systemd/network',
  '/lib/systemd/network',
];

/**
 * The units of one kind, in networkd's order: by name, whatever the directory. A file without text (a link to /dev/null) masks
 * those of its name and is none itself. systemd.network(5), "Description".
 */
export function networkdUnits(files: readonly NetworkText[], suffix: 'network' | 'netdev' | 'link'): NetworkdUnit[] {
  const units = winners(files, DIRECTORIES).filter(({ path }) => path.endsWith(`.${suffix}`));
  return units.map((file) => {
    const name = baseName(file.path);
    const dropIns = winners(
      files,
      DIRECTORIES.map((directory) => `${directory}/${name}.d`),
    ).filter(({ path }) => path.endsWith('.conf'));
    return { name, path: file.path, documents: [file, ...dropIns].map(({ path, text }) => parseIni(path, text)) };
  });
}

/** Sections of a unit in their order, each with the file it stands in. */
export function sectionsOfUnit(unit: NetworkdUnit): PlacedSection[] {
  return unit.documents.flatMap((document) =>
    sectionsOf(document).map((section) => ({
      ...section,
      path: document.path,
      entries: section.entries.map((entry) => ({ ...entry, path: document.path })),
    })),
  );
}

/** All entries of the sections of one name, in their order: how sections that may stand once are read. */
export function entriesOf(unit: NetworkdUnit, section: string): PlacedEntry[] {
  return sectionsOfUnit(unit)
    .filter(({ name }) => name === section)
    .flatMap(({ entries }) => entries);
}

/** The value that holds: the last one. An empty one takes back what was before it. */
export function lastOf(entries: readonly PlacedEntry[], key: string): PlacedEntry | null {
  const last = entries.findLast((entry) => entry.key === key);
  return last === undefined || last.value === '' ? null : last;
}

/** A broken section header makes networkd leave the whole unit out: the line of it, or null. */
export function brokenHeader(unit: NetworkdUnit): { path: string; line: number; text: string; why: string } | null {
  for (const { path, lines } of unit.documents) {
    const broken = lines.find((line) => line.kind === 'junk' && line.raw.trimStart().startsWith('['));
    if (broken?.kind === 'junk') return { path, line: broken.line, text: broken.raw.trim(), why: broken.why };
  }
  return null;
}

export function spotOf({ path, line }: PlacedEntry): SourceSpot {
  return { path, line };
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Of each name the file in the first directory that has it, sorted by name; masked ones left out. */
function winners(files: readonly NetworkText[], directories: readonly string[]): NetworkText[] {
  const byName = new Map<string, { rank: number; file: NetworkText }>();
  for (const file of files) {
    const rank = directories.indexOf(directoryOf(file.path));
    if (rank < 0) continue;
    const known = byName.get(baseName(file.path));
    if (known === undefined || rank < known.rank) byName.set(baseName(file.path), { rank, file });
  }
  const sorted = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, { file }]) => file).filter(({ text }) => text !== '');
}
