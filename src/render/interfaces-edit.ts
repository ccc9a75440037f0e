import type {
  InterfacesBodyLine,
  InterfacesDocument,
  InterfacesFile,
  InterfacesIface,
  InterfacesNode,
} from '../model/interfaces-document.ts';
import {
  blankNode,
  closedNode,
  endOf,
  indentOf,
  mapFiles,
  mapNodes,
  namesNode,
  optionLine,
  type StanzaText,
  stanzaNode,
  withLineEnds,
} from './interfaces-nodes.ts';

/**
 * Puts stanzas in the place of the first one of that name; its other stanzas go. Comments, order, `auto` lines and all the rest stay.
 * Of a name without a stanza they go to the end of the first file.
 */
export function replaceInterface(
  document: InterfacesDocument,
  name: string,
  stanzas: readonly StanzaText[],
): InterfacesDocument {
  if (!hasInterface(document, name)) return appendInterface(document, document.entry, stanzas, false);
  let isPlaced = false;
  return mapNodes(document, (node, file) => {
    if (node.kind !== 'iface' || node.name !== name) return [node];
    const isFirst = !isPlaced;
    isPlaced = true;
    return isFirst ? separated(stanzas, file) : [];
  });
}

/** Takes the stanzas of a name away, and the name out of `auto`, `allow-…`, `no-auto-down` and `no-scripts`. */
export function removeInterface(document: InterfacesDocument, name: string): InterfacesDocument {
  return mapNodes(document, (node, file) => {
    if (node.kind === 'iface') return node.name === name ? [] : [node];
    if (node.kind !== 'names' || node.keyword === 'rename' || !node.names.includes(name)) return [node];
    const names = node.names.filter((other) => other !== name);
    return names.length === 0 ? [] : [namesNode(node.keyword, names, endOf(file))];
  });
}

/** Adds stanzas at the end of a file, after a blank line, with an `auto` line for the first one's name unless it has one. */
export function appendInterface(
  document: InterfacesDocument,
  path: string,
  stanzas: readonly StanzaText[],
  isAutomatic: boolean,
): InterfacesDocument {
  const known = document.files.some((file) => file.path === path);
  const files = known ? document.files : [...document.files, { path, nodes: [] }];
  return mapFiles({ ...document, files }, (file) => {
    if (file.path !== path) return file.nodes;
    const end = endOf(file);
    const [first] = stanzas;
    const isListed = first !== undefined && isSelected(document, first.name);
    const auto = isAutomatic && first !== undefined && !isListed ? [namesNode('auto', [first.name], end)] : [];
    const gap: InterfacesNode[] = file.nodes.length === 0 ? [] : [blankNode(end)];
    return [...file.nodes.map((node) => closedNode(node, end)), ...gap, ...auto, ...separated(stanzas, file)];
  });
}

/** Sets options of the first stanza of a name: changed where they stand, added below `after` or at the beginning. */
export function setInterfaceOptions(
  document: InterfacesDocument,
  name: string,
  options: readonly (readonly [name: string, value: string])[],
  after: string | null,
): InterfacesDocument {
  let isDone = false;
  return mapNodes(document, (node, file) => {
    if (isDone || node.kind !== 'iface' || node.name !== name) return [node];
    isDone = true;
    return [options.reduce((stanza, [key, value]) => withOption(stanza, key, value, after, endOf(file)), node)];
  });
}

/** Adds an option at the end of the first stanza of a name; it may be there already. */
export function addInterfaceOption(
  document: InterfacesDocument,
  name: string,
  option: string,
  value: string,
): InterfacesDocument {
  let isDone = false;
  return mapNodes(document, (node, file) => {
    if (isDone || node.kind !== 'iface' || node.name !== name) return [node];
    isDone = true;
    const end = endOf(file);
    const open = withLineEnds(node, end);
    return [{ ...open, body: [...open.body, optionLine(option, value, indentOf(file), end)] }];
  });
}

/** Sets an option in all stanzas of a name in one family. */
export function setFamilyOption(
  document: InterfacesDocument,
  name: string,
  family: 'inet' | 'inet6',
  option: string,
  value: string,
): InterfacesDocument {
  return mapNodes(document, (node, file) => {
    if (node.kind !== 'iface' || node.name !== name || node.family !== family) return [node];
    return [withOption(node, option, value, null, endOf(file))];
  });
}

export function hasInterface(document: InterfacesDocument, name: string): boolean {
  return document.files.some(({ nodes }) => nodes.some((node) => node.kind === 'iface' && node.name === name));
}

/** In an `auto` line, or by a bare `auto` in its stanza. */
export function isSelected(document: InterfacesDocument, name: string): boolean {
  const isAuto = (keyword: string) => keyword === 'auto' || keyword === 'allow-auto';
  return document.files.some(({ nodes }) =>
    nodes.some((node) => {
      if (node.kind === 'names') return isAuto(node.keyword) && node.names.includes(name);
      const marks = node.kind === 'iface' && node.name === name ? node.body : [];
      return marks.some((line) => line.kind === 'mark' && isAuto(line.keyword));
    }),
  );
}

function separated(stanzas: readonly StanzaText[], file: InterfacesFile): InterfacesNode[] {
  const end = endOf(file);
  return stanzas.flatMap((stanza, index) => [
    ...(index === 0 ? [] : [blankNode(end)]),
    stanzaNode(stanza, indentOf(file), end),
  ]);
}

/** `bridge_fd` and `bridge-fd` are one option. */
function withOption(
  stanza: InterfacesIface,
  name: string,
  value: string,
  after: string | null,
  end: string,
): InterfacesIface {
  const isIt = (line: InterfacesBodyLine, wanted: string) =>
    line.kind === 'option' && line.name.replaceAll('_', '-') === wanted.replaceAll('_', '-');
  const at = stanza.body.findIndex((line) => isIt(line, name));
  const there = stanza.body[at];
  const indent = /^[ \t]*/.exec(stanza.body.find(({ kind }) => kind === 'option')?.raw ?? '    ')?.[0] ?? '';
  if (there?.kind === 'option') {
    if (there.value === value) return stanza;
    const changed = optionLine(there.name, value, /^[ \t]*/.exec(there.raw)?.[0] ?? indent, end);
    const others = stanza.body.slice(at + 1).filter((line) => !isIt(line, name));
    return { ...stanza, body: [...stanza.body.slice(0, at), changed, ...others] };
  }
  const spelt = stanza.body.some((line) => line.kind === 'option' && line.name.startsWith('bridge-'))
    ? name.replaceAll('_', '-')
    : name;
  const place = after === null ? 0 : stanza.body.findIndex((line) => isIt(line, after)) + 1;
  const open = withLineEnds(stanza, end);
  return { ...open, body: open.body.toSpliced(place, 0, optionLine(spelt, value, indent, end)) };
}
