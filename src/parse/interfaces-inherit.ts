import type {
  InterfacesBodyLine,
  InterfacesDocument,
  InterfacesFile,
  InterfacesIface,
  InterfacesMapping,
  InterfacesNames,
  InterfacesNode,
} from '../model/interfaces-document.ts';
import type { SourceSpot } from '../model/network-intent.ts';
import { describeMappingProblem, describeProblem, type InterfacesProblem } from './interfaces-problems.ts';
import { sourcedFiles } from './interfaces-sources.ts';

/** An option with everything inheritance and repetition add to it; commands (`up` …) are never joined. */
export interface EffectiveOption {
  /** `post-up` is `up` and `pre-down` is `down`, as ifupdown has it. */
  name: string;
  /** ifupdown joins a repeated option's values with line ends: each is here, with the line it stands in. */
  parts: { value: string; spot: SourceSpot }[];
}

export interface EffectiveStanza {
  name: string;
  /** null where the file names none: ifupdown2 finds it out from the addresses. */
  family: string | null;
  method: string | null;
  options: EffectiveOption[];
  node: InterfacesIface;
  spot: SourceSpot;
  /** Another stanza has inherited it. */
  isTemplate: boolean;
}

/** A document in the order in which ifupdown reads it. */
export interface InterfacesReading {
  stanzas: EffectiveStanza[];
  /** Names by class (`auto`, `hotplug` …), patterns as they stand. */
  classes: Map<string, string[]>;
  mappings: { node: InterfacesMapping; spot: SourceSpot }[];
  /** Names that stand for links by their properties: `/eth*`, `mac/52:54:*`. */
  patterns: { name: string; spot: SourceSpot }[];
  renames: { node: InterfacesNames; spot: SourceSpot }[];
  /** All of them, in reading order. */
  problems: InterfacesProblem[];
  readPaths: string[];
}

const COMMANDS = new Set(['pre-up', 'up', 'down', 'post-down']);
const ALIASES: Record<string, string> = { 'post-up': 'up', 'pre-down': 'down' };

/**
 * Follows `source` lines and inheritance. Tolerant: it goes on after a problem, which ifupdown does not. Strict: a file ends at its
 * first problem, and one in the first file is the end of everything (`ifquery` then knows no interface at all).
 */
export function readInterfaces(document: InterfacesDocument, how: 'tolerant' | 'strict'): InterfacesReading {
  const reading: InterfacesReading = {
    stanzas: [],
    // ifupdown brings the loopback up whatever the file says.
    classes: new Map([['auto', ['lo']]]),
    mappings: [],
    patterns: [],
    renames: [],
    problems: [],
    readPaths: [],
  };
  const entry = document.files.find(({ path }) => path === document.entry);
  if (entry !== undefined) readFile(document, entry, reading, how);
  return reading;
}

/** Why ifupdown would configure nothing at all: a problem in the first file. */
export function interfacesRefusal(document: InterfacesDocument): InterfacesProblem | null {
  return readInterfaces(document, 'strict').problems.find(({ spot }) => spot.path === document.entry) ?? null;
}

/** Every syntax error of a document, in reading order. */
export function interfacesProblems(document: InterfacesDocument): InterfacesProblem[] {
  return readInterfaces(document, 'tolerant').problems;
}

function readFile(
  document: InterfacesDocument,
  file: InterfacesFile,
  reading: InterfacesReading,
  how: 'tolerant' | 'strict',
): void {
  if (reading.readPaths.includes(file.path)) return;
  reading.readPaths.push(file.path);
  for (const node of file.nodes) {
    const before = reading.problems.length;
    if (node.kind === 'source') {
      for (const sourced of sourcedFiles(document, file.path, node)) readFile(document, sourced, reading, how);
    } else {
      readNode(node, file.path, reading, how);
      if (how === 'strict' && reading.problems.length > before) return;
    }
  }
}

function readNode(node: InterfacesNode, path: string, reading: InterfacesReading, how: 'tolerant' | 'strict'): void {
  const spot = { path, line: node.line };
  const problem = describeProblem(node, path, (name, family) => findTemplate(reading, name, family) !== undefined);
  if (problem !== null) {
    reading.problems.push(problem);
    if (how === 'strict') return;
  }
  switch (node.kind) {
    case 'names':
      if (node.keyword === 'rename') reading.renames.push({ node, spot });
      else for (const name of node.names) addToClass(reading, node.keyword, name);
      for (const name of node.keyword === 'rename' ? [] : node.names) {
        if (name.includes('/')) reading.patterns.push({ name, spot });
      }
      return;
    case 'mapping':
      reading.problems.push(...describeMappingProblem(node, path));
      reading.mappings.push({ node, spot });
      return;
    case 'iface':
      if (node.name !== null) readIface(node, node.name, path, reading, how);
  }
}

function readIface(
  node: InterfacesIface,
  name: string,
  path: string,
  reading: InterfacesReading,
  how: 'tolerant' | 'strict',
): void {
  const template = node.inherits === null ? undefined : findTemplate(reading, node.inherits, node.family);
  if (template !== undefined) template.isTemplate = true;
  const stanza: EffectiveStanza = {
    name,
    family: node.family ?? template?.family ?? null,
    method: node.method ?? template?.method ?? null,
    options: (template?.options ?? []).map((option) => ({ ...option, parts: [...option.parts] })),
    node,
    spot: { path, line: node.line },
    isTemplate: false,
  };
  reading.stanzas.push(stanza);
  for (const line of node.body) {
    const problem = describeProblem(line, path, () => true);
    if (problem !== null) reading.problems.push(problem);
    if (problem !== null && how === 'strict') return;
    readBodyLine(line, stanza, path, reading);
  }
}

function readBodyLine(
  line: InterfacesBodyLine,
  stanza: EffectiveStanza,
  path: string,
  reading: InterfacesReading,
): void {
  if (line.kind === 'mark') addToClass(reading, line.keyword, stanza.name);
  if (line.kind !== 'option') return;
  const name = ALIASES[line.name] ?? line.name;
  const part = { value: line.value, spot: { path, line: line.line } };
  const known = COMMANDS.has(name) ? undefined : stanza.options.find((option) => option.name === name);
  if (known === undefined) stanza.options.push({ name, parts: [part] });
  else known.parts.push(part);
}

/** The first stanza of that name so far, of that family where one is named: only what stands above can be inherited. */
function findTemplate(reading: InterfacesReading, name: string, family: string | null): EffectiveStanza | undefined {
  return reading.stanzas.find((stanza) => stanza.name === name && (family === null || stanza.family === family));
}

/** `auto` and `allow-auto` are one; `no-auto-down` and `no-scripts` say nothing of bringing up. */
function addToClass(reading: InterfacesReading, keyword: string, name: string): void {
  if (keyword.startsWith('no-')) return;
  const className = keyword.replace(/^allow-/, '');
  const names = reading.classes.get(className) ?? [];
  if (!names.includes(name)) names.push(name);
  reading.classes.set(className, names);
}
