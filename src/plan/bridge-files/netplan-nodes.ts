import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar, visit, YAMLMap, type YAMLSeq } from 'yaml';

/** The value of a key that is a map; null where there is none. */
export function mapAt(parent: unknown, key: string): YAMLMap | null {
  const value = isMap(parent) ? parent.get(key, true) : null;
  return isMap(value) ? value : null;
}

export function seqAt(parent: YAMLMap, key: string): YAMLSeq | null {
  const value = parent.get(key, true);
  return isSeq(value) ? value : null;
}

/** The map below a key, made where there is none or nothing. */
export function ensureMap(parent: YAMLMap, key: string): YAMLMap {
  const known = mapAt(parent, key);
  if (known !== null) return known;
  const made = new YAMLMap();
  parent.set(key, made);
  return made;
}

/**
 * A node of plain values. Texts are written without quotes (`stp: false`) but for those with a colon: MACs and IPv6 addresses,
 * which other readers of YAML take for numbers of base 60.
 */
export function nodeOf(document: Document, value: unknown, isFlow = false): Node {
  const node = document.createNode(value) as Node;
  visit(node, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && scalar.value.includes(':')) scalar.type = Scalar.QUOTE_DOUBLE;
    },
    Map(_, map) {
      if (isFlow) map.flow = true;
    },
  });
  return node;
}

/** Takes a pair out of a map, with its comments, and puts it at the end of another one. */
export function movePair(from: YAMLMap, to: YAMLMap, key: string): void {
  const at = from.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key);
  const [pair] = at < 0 ? [] : from.items.splice(at, 1);
  if (pair !== undefined) to.items.push(pair);
}

/** Anchors and aliases are tied to their order in the file: what has them is better left where it is. */
export function hasReferences(node: unknown): boolean {
  let found = false;
  const look = (_: unknown, inner: Node) => {
    if (isAlias(inner) || (inner as { anchor?: string }).anchor !== undefined) found = true;
  };
  if (node !== null && node !== undefined) visit(node as Node, { Node: look, Alias: look });
  return found;
}
