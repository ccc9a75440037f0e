import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Scalar,
  visit,
  YAMLMap,
  type YAMLSeq,
} from 'yaml';

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

/** Takes an item out of a list, or a pair out of a map; the comments in and at it go to what is below, or to the end. */
export function dropAt(from: YAMLMap | YAMLSeq, at: number): void {
  const [dropped] = from.items.splice(at, 1);
  const comments = commentsOf(dropped);
  if (comments.length === 0) return;
  const next = from.items[at];
  const below = (isPair(next) ? next.key : next) as Node | undefined;
  if (below === undefined) from.comment = [...comments, from.comment].filter(Boolean).join('\n');
  else below.commentBefore = [...comments, below.commentBefore].filter(Boolean).join('\n');
}

function commentsOf(dropped: unknown): string[] {
  const comments: string[] = [];
  const look = (_: unknown, node: Node) => {
    comments.push(...[node.commentBefore, node.comment].filter((comment) => typeof comment === 'string'));
  };
  for (const part of isPair(dropped) ? [dropped.key, dropped.value] : [dropped]) {
    if (isNode(part)) visit(part, { Node: look, Alias: look });
  }
  return comments;
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
