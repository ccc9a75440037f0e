import type {
  InterfacesDocument,
  InterfacesFile,
  InterfacesIface,
  InterfacesNode,
  InterfacesOption,
} from '../model/interfaces-document.ts';

/** A stanza to be written. `inet static`, and the rest as one would type it. */
export interface StanzaText {
  name: string;
  family: 'inet' | 'inet6';
  method: string;
  options: readonly (readonly [name: string, value: string])[];
}

/** Every node may become none, one or several. */
export function mapNodes(
  document: InterfacesDocument,
  change: (node: InterfacesNode, file: InterfacesFile) => InterfacesNode[],
): InterfacesDocument {
  return mapFiles(document, (file) => file.nodes.flatMap((node) => change(node, file)));
}

/** Every file may get other nodes. Lines are counted anew. */
export function mapFiles(
  document: InterfacesDocument,
  change: (file: InterfacesFile) => InterfacesNode[],
): InterfacesDocument {
  const files = document.files.map((file) => ({
    path: file.path,
    nodes: numbered(unmixed(change(file).flatMap(settled), endOf(file))),
  }));
  return { ...document, files };
}

export function namesNode(keyword: string, names: readonly string[], end: string): InterfacesNode {
  return { kind: 'names', keyword, names: [...names], raw: `${[keyword, ...names].join(' ')}${end}`, line: 0 };
}

export function blankNode(end: string): InterfacesNode {
  return { kind: 'blank', raw: end, line: 0 };
}

export function stanzaNode(
  { name, family, method, options }: StanzaText,
  indent: string,
  end: string,
): InterfacesIface {
  return {
    kind: 'iface',
    name,
    family,
    method,
    inherits: null,
    raw: `iface ${name} ${family} ${method}${end}`,
    line: 0,
    body: options.map(([key, value]) => optionLine(key, value, indent, end)),
  };
}

export function optionLine(name: string, value: string, indent: string, end: string): InterfacesOption {
  return { kind: 'option', name, value, raw: `${indent}${name} ${value}${end}`, line: 0 };
}

/** The file's own line end: of its first line. */
export function endOf(file: InterfacesFile): string {
  const [first] = file.nodes;
  return first?.raw.endsWith('\r\n') ? '\r\n' : '\n';
}

/** How the options of a file are indented: as its first one. */
export function indentOf(file: InterfacesFile): string {
  for (const node of file.nodes) {
    const option = 'body' in node ? node.body.find(({ kind }) => kind === 'option') : undefined;
    if (option !== undefined) return /^[ \t]*/.exec(option.raw)?.[0] ?? '';
  }
  return '    ';
}

/** What may be followed by more lines: a file's last stanza may lack its last line end. */
export function withLineEnds(stanza: InterfacesIface, end: string): InterfacesIface {
  return { ...closed(stanza, end), body: stanza.body.map((line) => closed(line, end)) };
}

/** Nothing after the node becomes a part of its last line. */
export function closedNode(node: InterfacesNode, end: string): InterfacesNode {
  const last = 'body' in node ? node.body.at(-1) : undefined;
  if (!('body' in node) || last === undefined) return closed(node, end);
  return { ...node, body: [...node.body.slice(0, -1), closed(last, end)] };
}

/** A backslash at the end of the file goes on into whatever is put behind it: an empty line ends it. */
function closed<Line extends { kind: string; raw: string }>(line: Line, end: string): Line {
  const raw = line.raw.endsWith('\n') ? line.raw : line.raw + end;
  const goesOn = line.kind !== 'comment' && /\\\n$/.test(raw);
  return raw === line.raw && !goesOn ? line : { ...line, raw: goesOn ? `${raw}\n` : raw };
}

/** Blanks and comments behind a stanza's last option are not its own: an edit may have taken that option away. */
function settled(node: InterfacesNode): InterfacesNode[] {
  if (!('body' in node)) return [node];
  const length = node.body.findLastIndex(({ kind }) => kind !== 'blank' && kind !== 'comment') + 1;
  if (length === node.body.length) return [node];
  return [{ ...node, body: node.body.slice(0, length) }, ...(node.body.slice(length) as InterfacesNode[])];
}

function unmixed(nodes: readonly InterfacesNode[], end: string): InterfacesNode[] {
  return nodes.map((node, index) => (index === nodes.length - 1 ? node : closedNode(node, end)));
}

function numbered(nodes: readonly InterfacesNode[]): InterfacesNode[] {
  let next = 1;
  const count = <Line extends { raw: string; line: number }>(line: Line): Line => {
    const at = next;
    next += line.raw.split('\n').length - 1;
    return { ...line, line: at };
  };
  return nodes.map((node) => {
    const head = count(node);
    return 'body' in head ? { ...head, body: head.body.map(count) } : head;
  });
}
