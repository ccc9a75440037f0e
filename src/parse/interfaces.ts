import type {
  InterfacesBodyLine,
  InterfacesDocument,
  InterfacesFile,
  InterfacesIface,
  InterfacesNode,
} from '../model/interfaces-document.ts';
import { type LogicalLine, splitFirstWord, splitLogicalLines, splitWords } from './interfaces-lines.ts';

type Stanza = Extract<InterfacesNode, { body: unknown }>;

/** A stanza that is being read, and the blanks and comments since its last option: they are its own only if another option follows. */
interface Reading {
  nodes: InterfacesNode[];
  stanza: Stanza | null;
  pending: InterfacesBodyLine[];
}

/**
 * Reads `/etc/network/interfaces` and its sourced files without loss: `renderInterfaces` gives the same bytes back. No text is
 * refused; what is wrong in it is told by `interfacesProblems`. Source: interfaces(5), ifupdown 0.8.41 and ifupdown2 3.0.
 *
 * @param files all files there are; which of them are read, and when, `source` lines decide.
 */
export function parseInterfaces(files: readonly { path: string; text: string }[], entry: string): InterfacesDocument {
  return { entry, files: files.map(({ path, text }) => parseInterfacesFile(path, text)) };
}

export function parseInterfacesFile(path: string, text: string): InterfacesFile {
  const reading: Reading = { nodes: [], stanza: null, pending: [] };
  for (const line of splitLogicalLines(text)) readLine(reading, line);
  reading.nodes.push(...(reading.pending as InterfacesNode[]));
  return { path, nodes: reading.nodes };
}

function readLine(reading: Reading, { raw, text, line, isComment }: LogicalLine): void {
  if (isComment || text === '') {
    reading.pending.push({ kind: isComment ? 'comment' : 'blank', raw, line });
    return;
  }
  const [word, rest] = splitFirstWord(text);
  const keyword = keywordOf(word);
  if (keyword === 'names' && rest === '' && reading.stanza?.kind === 'iface' && word !== 'rename') {
    pushToStanza(reading, reading.stanza, { kind: 'mark', keyword: word, raw, line });
  } else if (keyword !== null) {
    reading.nodes.push(...(reading.pending as InterfacesNode[]));
    reading.pending = [];
    const node = nodeOf(keyword, word, rest, { raw, line });
    reading.nodes.push(node);
    reading.stanza = 'body' in node ? node : null;
  } else if (reading.stanza !== null) {
    // An option without a value is refused by ifupdown, in a mapping as well as in an iface.
    const isOption = rest !== '' || reading.stanza.kind !== 'iface';
    const option = { kind: 'option' as const, name: word, value: rest, raw, line };
    pushToStanza(reading, reading.stanza, isOption ? option : { kind: 'junk', raw, line });
  } else {
    reading.nodes.push(...(reading.pending as InterfacesNode[]), { kind: 'junk', raw, line });
    reading.pending = [];
  }
}

function pushToStanza(reading: Reading, stanza: Stanza, line: InterfacesBodyLine): void {
  stanza.body.push(...reading.pending, line);
  reading.pending = [];
}

function keywordOf(word: string): 'names' | 'source' | 'iface' | 'mapping' | 'template' | null {
  if (word === 'auto' || word === 'no-auto-down' || word === 'no-scripts' || word === 'rename') return 'names';
  if (/^allow-./.test(word)) return 'names';
  if (word === 'source' || word.startsWith('source-dir')) return 'source';
  if (word === 'iface' || word === 'mapping' || word === 'template') return word;
  return null;
}

function nodeOf(
  kind: 'names' | 'source' | 'iface' | 'mapping' | 'template',
  keyword: string,
  rest: string,
  at: { raw: string; line: number },
): InterfacesNode {
  switch (kind) {
    case 'names':
      return { kind, keyword, names: splitWords(rest), ...at };
    case 'source':
      return { kind, keyword, pattern: rest, ...at };
    case 'mapping':
      return { kind, patterns: splitWords(rest), ...at, body: [] };
    case 'template':
      return { kind, name: splitWords(rest)[0] ?? null, ...at, body: [] };
    case 'iface':
      return { kind, ...headOf(splitWords(rest)), ...at, body: [] };
  }
}

/**
 * `eth0 inet static inherits base` -> all four; `eth0 inherits base`: no family, no method; `vmbr0` alone is ifupdown2's.
 */
function headOf(words: string[]): Pick<InterfacesIface, 'name' | 'family' | 'method' | 'inherits'> {
  const [name = null, ...others] = words;
  const at = others.slice(0, 3).indexOf('inherits');
  const [family = null, method = null] = at === -1 ? others : others.slice(0, Math.min(at, 2));
  return { name, family, method, inherits: at === -1 ? null : (others[at + 1] ?? '') };
}
