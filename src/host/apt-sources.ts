import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptPaths, readAptPaths } from './apt-paths.ts';
import { isFile, readIfPresent } from './files.ts';

/** One entry of apt's sources: sources.list(5). Entries that are switched off are not listed. */
export interface AptSource {
  /** `deb`, `deb-src`, or both. */
  types: string[];
  uris: string[];
  /** `bookworm`, `bookworm-updates`; one that ends in `/` is an exact path without components. */
  suites: string[];
  components: string[];
  /** Path or fingerprints as written, or a whole armoured key; null where the entry names none. */
  signedBy: string | null;
  /** The file it was read from. */
  file: string;
  /** All other options, under the names of the deb822 format in lower case: `architectures`, `trusted`. */
  options: Record<string, string>;
}

/** Names of the one-line format that deb822 spells out. */
const OPTION_NAMES: Record<string, string> = {
  arch: 'architectures',
  lang: 'languages',
  target: 'targets',
};

/** `arch-=i386` takes one of many away, as `Architectures-Remove: i386` does. */
const CHANGES: Record<string, string> = { '+': '-add', '-': '-remove' };

/** apt reads only files whose names have these characters, and passes over all others. */
const READ_BY_APT = /^[A-Za-z0-9_.-]+\.(list|sources)$/;

/** The host's own apt sources, in the order in which apt reads them. Without any, an empty list. */
export async function readAptSources(
  paths: Pick<AptPaths, 'sourceList' | 'sourceParts'> | null = null,
): Promise<AptSource[]> {
  const { sourceList, sourceParts } = paths ?? (await readAptPaths());
  const parts = await readdir(sourceParts).catch(() => []);
  const names = parts.filter((name) => READ_BY_APT.test(name)).sort();
  const files = [sourceList, ...names.map((name) => join(sourceParts, name))];
  // apt passes over a directory with such a name, and over what is hidden.
  const texts = await Promise.all(files.map(async (file) => ((await isFile(file)) ? readIfPresent(file) : null)));
  return files.flatMap((file, index) => parseAptSources(texts[index] ?? '', file));
}

/** Reads either format; the file's name says which: `.sources` is deb822, all else has one entry a line. */
export function parseAptSources(text: string, file: string): AptSource[] {
  const lines = text.replaceAll(/\r\n?/g, '\n');
  return file.endsWith('.sources') ? parseStanzas(lines, file) : parseLines(lines, file);
}

/** `deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://deb.debian.org/debian bookworm main contrib` */
function parseLines(text: string, file: string): AptSource[] {
  return text.split('\n').flatMap((raw) => {
    const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(cdrom:\[[^\]]*\]\S*|\S+)\s+(\S+)\s*(.*)$/.exec(
      raw.split('#', 1)[0] ?? '',
    );
    if (match === null) return [];
    const [, type = '', optionText = '', uri = '', suite = '', components = ''] = match;
    const fields = new Map<string, string>();
    for (const option of words(optionText)) {
      const [, name = '', change = '', value = ''] = /^([^=]+?)([+-]?)=(.*)$/.exec(option) ?? [];
      if (name !== '')
        fields.set(
          `${OPTION_NAMES[name.toLowerCase()] ?? name.toLowerCase()}${CHANGES[change] ?? ''}`,
          value.replaceAll(',', ' '),
        );
    }
    const { signedBy, options } = splitOptions(fields);
    return [{ types: [type], uris: [uri], suites: [suite], components: words(components), signedBy, file, options }];
  });
}

function parseStanzas(text: string, file: string): AptSource[] {
  const withoutComments = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return withoutComments.split(/\n[ \t]*\n/).flatMap((stanza) => {
    const fields = parseFields(stanza);
    const types = words(fields.get('types'));
    if (types.length === 0 || /^(no|false|0|off|without|disable)$/i.test(fields.get('enabled') ?? '')) return [];
    const { signedBy, options } = splitOptions(fields);
    return [
      {
        types,
        uris: words(fields.get('uris')),
        suites: words(fields.get('suites')),
        components: words(fields.get('components')),
        signedBy,
        file,
        options,
      },
    ];
  });
}

/** Fields of one deb822 stanza, names in lower case. A line that begins with a blank continues the field above it. */
function parseFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last: string | null = null;
  for (const line of stanza.split('\n')) {
    const match = /^([^\s:]+):(.*)$/.exec(line);
    if (match?.[1] !== undefined) {
      last = match[1].toLowerCase();
      fields.set(last, (match[2] ?? '').trim());
    } else if (last !== null && /^\s/.test(line)) {
      // Inside an armoured key a line of one dot stands for an empty line.
      const more = line.trim() === '.' ? '' : line.trim();
      fields.set(last, `${fields.get(last)}\n${more}`);
    }
  }
  return fields;
}

const ENTRY_FIELDS = new Set(['types', 'uris', 'suites', 'components', 'signed-by', 'enabled']);

function splitOptions(fields: Map<string, string>): Pick<AptSource, 'signedBy' | 'options'> {
  const signedBy = fields.get('signed-by')?.trim() ?? '';
  return {
    signedBy: signedBy === '' ? null : signedBy,
    options: Object.fromEntries([...fields].filter(([name]) => !ENTRY_FIELDS.has(name))),
  };
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
