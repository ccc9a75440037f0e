import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node } from 'yaml';
import { readYaml, type YamlReading } from '../base/bounded-yaml.ts';
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
  // Every scalar is a text: YAML's own ideas of numbers and booleans are not netplan's.
  const { document, lines, fault, targetOf } = readYaml(text, { schema: 'failsafe' });
  const textLines = text.split('\n');
  const wrong = fault === null ? document.errors : [{ pos: [fault.at], message: `it must ${fault.rule}` }];
  const problems = wrong.map(({ pos, message }) => {
    const { line, col } = lines.linePos(pos[0] ?? 0);
    return { spot: { path, line }, column: col, text: (textLines[line - 1] ?? '').trim(), why: message };
  });
  if (problems.length > 0) return { document, root: null, problems };
  return { document, root: readNode(document.contents, { targetOf, path, lines }), problems };
}

/** A node that has no place in a file, or whose place does not matter; one of a file that was read, without aliases. */
export function readYamlNode(node: unknown): NetplanNode | null {
  return readNode(node, { targetOf: () => undefined, path: '', lines: new LineCounter() });
}

interface Reader extends Pick<YamlReading, 'lines' | 'targetOf'> {
  path: string;
}

function readNode(node: unknown, reader: Reader): NetplanNode | null {
  const position = reader.lines.linePos((node as Node | null)?.range?.[0] ?? 0);
  const place = { spot: { path: reader.path, line: position.line }, column: position.col };
  if (isAlias(node)) return readNode(reader.targetOf(node), reader);
  if (isScalar(node)) return { ...place, kind: 'scalar', text: String(node.value ?? '') };
  if (isSeq(node)) return { ...place, kind: 'list', items: node.items.flatMap((item) => readNode(item, reader) ?? []) };
  if (!isMap(node)) return null;
  const entries = new Map<string, NetplanNode>();
  for (const { key, value } of node.items) {
    const keyPosition = reader.lines.linePos((key as Node).range?.[0] ?? 0);
    const keyPlace = { spot: { path: reader.path, line: keyPosition.line }, column: keyPosition.col };
    const read = readNode(value, reader) ?? { kind: 'scalar' as const, text: '' };
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
