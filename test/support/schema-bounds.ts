import { z } from 'zod';

/** What of a JSON Schema is looked at. */
interface Node {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  items?: Node;
  properties?: Record<string, Node>;
  propertyNames?: Node;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
  oneOf?: Node[];
  allOf?: Node[];
  $ref?: string;
  $defs?: Record<string, Node>;
}

/** A bound of a schema, with an input that goes to it and one that goes beyond it: at that path, the rest of it as good as any. */
interface Bound {
  path: (string | number)[];
  most: unknown;
  tooMuch: unknown;
}

type Path = (string | number)[];
/** The whole with this value at a place. */
type Put = (value: unknown) => unknown;

/** Formats whose texts are short by their form (RFC 4291 and its like). */
const SHORT_FORMATS = ['ipv4', 'ipv6'];

const TRIED_ITEMS = 10_000;

/** Paths of texts, lists and tables that may have any number of characters, items or keys; items of a list are its `0`, values of a table its `k`. */
export function unboundedIn(schema: z.ZodType): string[] {
  const found: string[] = [];
  walk(schema, (node, path) => {
    if (isOpen(node)) found.push(path.join('.'));
  });
  return found;
}

/** Every bound that can be tried from outside. */
export function boundsOf(schema: z.ZodType): Bound[] {
  const bounds: Bound[] = [];
  walk(schema, (node, path, put) => {
    const values = valuesAround(node);
    if (values !== null) bounds.push({ path, most: put(values[0]), tooMuch: put(values[1]) });
  });
  return bounds;
}

function isOpen(node: Node): boolean {
  if (node.enum !== undefined || node.const !== undefined) return false;
  // Anything at all.
  if (node.type === undefined)
    return [node.anyOf, node.oneOf, node.allOf, node.$ref].every((part) => part === undefined);
  return [node.type].flat().some((type) => isOpenAs(type, node));
}

function isOpenAs(type: string, node: Node): boolean {
  switch (type) {
    case 'string':
      return node.maxLength === undefined && !SHORT_FORMATS.includes(node.format ?? '');
    case 'array':
      return node.maxItems === undefined;
    case 'object':
      if (!isTable(node)) return false;
      return node.maxProperties === undefined || isOpen({ type: 'string', ...node.propertyNames });
    default:
      return false;
  }
}

function isTable({ additionalProperties }: Node): boolean {
  return typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0;
}

/** A value as large as it may be, and one that is larger; null for what has no bound of its own. */
function valuesAround(node: Node): [unknown, unknown] | null {
  const { maxLength, maxItems, maxProperties, format, enum: words } = node;
  const type = [node.type].flat().find((one) => one !== 'null');
  if (type === 'string' && words === undefined) {
    const most = maxLength ?? (SHORT_FORMATS.includes(format ?? '') ? 50 : null);
    return most === null ? null : ['x'.repeat(most), 'x'.repeat(most + 1)];
  }
  // Each item of a list that is wrong is an issue: of tens of thousands that takes seconds.
  if (type === 'array' && maxItems !== undefined && maxItems <= TRIED_ITEMS)
    return [Array(maxItems).fill(null), Array(maxItems + 1).fill(null)];
  if (type !== 'object' || maxProperties === undefined) return null;
  const table = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'x']));
  return [table(maxProperties), table(maxProperties + 1)];
}

/** `See` is told the way to each part, and what puts a value there: beside it what tells the kind of its object (`kind: 'single'`). */
function walk(schema: z.ZodType, see: (node: Node, path: Path, put: Put) => void): void {
  const whole = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
  const into = (node: Node, path: Path, put: Put) => {
    see(node, path, put);
    for (const part of [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]) into(part, path, put);
    if (node.$ref !== undefined) into(whole.$defs?.[node.$ref.replace('#/$defs/', '')] ?? {}, path, put);
    const properties = Object.entries(node.properties ?? {});
    const kinds = Object.fromEntries(
      properties.flatMap(([key, { const: kind }]) => (kind === undefined ? [] : [[key, kind]])),
    );
    for (const [key, property] of properties) {
      into(property, [...path, key], (value) => put({ ...kinds, [key]: value }));
    }
    if (node.items !== undefined) into(node.items, [...path, 0], (value) => put([value]));
    if (isTable(node)) into(node.additionalProperties as Node, [...path, 'k'], (value) => put({ k: value }));
  };
  into(whole, [], (value) => value);
}
