import { Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { SourceSpot } from '../model/network-intent.ts';
import type { NetworkText } from './networkd-files.ts';

/** What a YAML node says, with its place; scalars as they are written: netplan itself decides what `yes` or `0x10` mean. */
export type NetplanNode = { spot: SourceSpot; column: number } & (
  | { kind: 'scalar'; text: string }
  | { kind: 'list'; items: NetplanNode[] }
  | { kind: 'map'; entries: Map<string, NetplanNode> }
);

/** A place in a file where reading ended. `column` begins with 1. */
export interface SyntaxProblem {
  spot: SourceSpot;
  column: number;
  text: string;
  why: string;
}

export interface NetplanReading {
  document: Document;
  root: NetplanNode | null;
  problems: SyntaxProblem[];
}

/** Reads one file. What is wrong with its YAML is in `problems`, all of it; `root` is then null, as netplan stops there too. */
export function readNetplanFile({ path, text }: NetworkText): NetplanReading {
  const lines = new LineCounter();
  // Every scalar is a text: YAML's own ideas of numbers and booleans are not netplan's.
  const document = parseDocument(text, { lineCounter: lines, schema: 'failsafe', prettyErrors: false });
  const textLines = text.split('\n');
  const problems = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { spot: { path, line }, column: col, text: (textLines[line - 1] ?? '').trim(), why: error.message };
  });
  if (problems.length > 0) return { document, root: null, problems };
  const room = { left: NODES_MAX };
  const root = readNode(document.contents, { document, path, lines, depth: 0, room });
  if (room.left >= 0) return { document, root, problems };
  const why = `with what its aliases stand for it has more than ${NODES_MAX} values`;
  return { document, root: null, problems: [{ spot: { path, line: 1 }, column: 1, text: textLines[0] ?? '', why }] };
}

/** A node that has no place in a file, or whose place does not matter. */
export function readYamlNode(node: unknown): NetplanNode | null {
  return readNode(node, {
    document: new Document(),
    path: '',
    lines: new LineCounter(),
    depth: 0,
    room: { left: NODES_MAX },
  });
}

interface Reader {
  document: Document;
  path: string;
  lines: LineCounter;
  depth: number;
  /** How many more values may come: an alias stands for all of its anchor again. */
  room: { left: number };
}

/** Of a thousand links with their addresses and routes. */
const NODES_MAX = 50_000;

function readNode(node: unknown, reader: Reader): NetplanNode | null {
  reader.room.left -= 1;
  if (reader.depth > 50 || reader.room.left < 0) return null;
  const inner = { ...reader, depth: reader.depth + 1 };
  const position = reader.lines.linePos((node as Node | null)?.range?.[0] ?? 0);
  const place = { spot: { path: reader.path, line: position.line }, column: position.col };
  if (isAlias(node)) return readNode(node.resolve(reader.document), inner);
  if (isScalar(node)) return { ...place, kind: 'scalar', text: String(node.value ?? '') };
  if (isSeq(node)) return { ...place, kind: 'list', items: node.items.flatMap((item) => readNode(item, inner) ?? []) };
  if (!isMap(node)) return null;
  const entries = new Map<string, NetplanNode>();
  for (const { key, value } of node.items) {
    const keyPosition = reader.lines.linePos((key as Node).range?.[0] ?? 0);
    const keyPlace = { spot: { path: reader.path, line: keyPosition.line }, column: keyPosition.col };
    const read = readNode(value, inner) ?? { kind: 'scalar' as const, text: '' };
    // The key's place says more than that of a value on later lines.
    if (isScalar(key)) entries.set(String(key.value), { ...read, ...keyPlace });
  }
  return { ...place, kind: 'map', entries };
}

/**
 * Two files as one, as netplan sees them: maps are put together, a later scalar takes the place of an earlier one, lists are put one after
 * the other without saying the same twice.
 */
export function mergeNodes(earlier: NetplanNode, later: NetplanNode): NetplanNode {
  if (earlier.kind === 'map' && later.kind === 'map') {
    const entries = new Map(earlier.entries);
    for (const [key, value] of later.entries) {
      const known = entries.get(key);
      entries.set(key, known === undefined ? value : mergeNodes(known, value));
    }
    return { ...earlier, entries };
  }
  if (earlier.kind === 'list' && later.kind === 'list') {
    const said = new Set(earlier.items.map(plain));
    return { ...earlier, items: [...earlier.items, ...later.items.filter((item) => !said.has(plain(item)))] };
  }
  return later;
}

export function childOf(node: NetplanNode | null | undefined, key: string): NetplanNode | null {
  return node?.kind === 'map' ? (node.entries.get(key) ?? null) : null;
}

export function textOf(node: NetplanNode | null | undefined): string | null {
  return node?.kind === 'scalar' && node.text !== '' ? node.text : null;
}

export function itemsOf(node: NetplanNode | null | undefined): NetplanNode[] {
  return node?.kind === 'list' ? node.items : [];
}

export function entriesOfMap(node: NetplanNode | null | undefined): [string, NetplanNode][] {
  return node?.kind === 'map' ? [...node.entries] : [];
}

/** A node in one line, for those who are to recognise it: `{to: default, via: 192.0.2.1}`. */
export function plain(node: NetplanNode): string {
  if (node.kind === 'scalar') return node.text;
  if (node.kind === 'list') return `[${node.items.map(plain).join(', ')}]`;
  return `{${[...node.entries].map(([key, value]) => `${key}: ${plain(value)}`).join(', ')}}`;
}
