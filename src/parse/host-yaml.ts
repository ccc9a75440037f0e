import type { Document, LineCounter } from 'yaml';
import type { z } from 'zod';
import { readYaml } from '../base/bounded-yaml.ts';
import { closest } from '../base/suggest.ts';
import { sizeRule } from '../model/bounded-schema.ts';
import type { HostConfig } from '../model/host-config.ts';
import { hostSchema } from '../model/host-schema.ts';
import { checkHostRules } from './host-rules.ts';
import { findOpenQuote, type OpenQuote } from './open-quote.ts';
import { YamlPlaces } from './yaml-places.ts';

/** One mistake in a file: where it stands (lines and columns begin with 1), the rule in words, and the value that broke it. */
export interface FileProblem {
  /** `extraIpv4[1].mac`; '' is the file as a whole, and its value is undefined. */
  path: string;
  line: number;
  column: number;
  rule: string;
  value: unknown;
}

export type HostYaml = { ok: true; config: HostConfig } | { ok: false; problems: FileProblem[] };

type Path = readonly PropertyKey[];
interface Mistake {
  path: Path;
  rule: string;
  value: unknown;
  /** The key itself is wrong and not its value. */
  isKey?: true;
}

/**
 * Reads host.yaml. Every mistake comes at once, in the order of the file; only where it is no YAML its syntax errors come alone,
 * but for a quote that is not closed: that is what the library tells at the end of the file, and it hides everything after it.
 */
export function parseHostYaml(text: string): HostYaml {
  return parseText(text, QUOTES_CLOSED_MAX);
}

/** Each quote that is closed for the reader is the whole read again. */
const QUOTES_CLOSED_MAX = 10;

function parseText(text: string, quotesLeft: number): HostYaml {
  const { document, lines, fault } = readYaml(text);
  if (fault !== null) {
    const { line, col } = lines.linePos(fault.at);
    return { ok: false, problems: [{ path: '', line, column: col, rule: `must ${fault.rule}`, value: undefined }] };
  }
  const broken = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  if (broken.length > 0) {
    const quote = findOpenQuote(document, lines);
    if (quote !== null) return { ok: false, problems: withQuoteClosed(text, quote, quotesLeft) };
    return { ok: false, problems: broken.map((error) => syntaxProblem(error, lines)) };
  }
  // What its aliases stand for is counted already.
  const raw: unknown = document.toJS({ maxAliasCount: -1 });
  const { mistakes, completed } = checkKinds(raw);
  const parsed = hostSchema.safeParse(completed);
  if (!parsed.success) mistakes.push(...parsed.error.issues.flatMap((issue) => toMistakes(issue, completed)));
  checkHostRules(raw, (path, rule, value) => mistakes.push({ path, rule, value }));
  const places = new YamlPlaces(document, lines);
  const problems = [
    ...document.errors.map((error) => syntaxProblem(error, lines)),
    ...mistakes.map(({ path, rule, value, isKey }) => {
      return { path: pathText(path), ...places.of(path, isKey === true), rule, value };
    }),
  ].sort((a, b) => a.line - b.line || a.column - b.column);
  return parsed.success && problems.length === 0 ? { ok: true, config: parsed.data } : { ok: false, problems };
}

/** The quote, and what is wrong with the rest of the file once it is closed at the end of its line. */
function withQuoteClosed(text: string, { mark, line, column, isInFlow }: OpenQuote, quotesLeft: number): FileProblem[] {
  const rule = `must be YAML: the ${mark} that begins here is not closed in its line`;
  const problem: FileProblem = { path: '', line, column, rule, value: undefined };
  const rows = text.split('\n');
  const row = (rows[line - 1] ?? '').trimEnd();
  // A backslash there would make a letter of the mark.
  if (isInFlow || row.endsWith('\\') || quotesLeft === 0) return [problem];
  const read = parseText(rows.with(line - 1, `${row}${mark}`).join('\n'), quotesLeft - 1);
  const others = read.ok ? [] : read.problems.filter((one) => one.line !== line);
  return [...others, problem].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** A wrong kind hides the mistakes of the keys beside it: they are judged as those of the kind that has such keys. */
function checkKinds(raw: unknown): { mistakes: Mistake[]; completed: unknown } {
  const extras = valueAt(raw, ['extraIpv4']);
  if (!Array.isArray(extras)) return { mistakes: [], completed: raw };
  const mistakes: Mistake[] = [];
  const completed = extras.map((extra: unknown, index) => {
    if (typeof extra !== 'object' || extra === null || Array.isArray(extra)) return extra;
    const { kind } = extra as { kind?: unknown };
    if (KINDS.some((known) => known === kind)) return extra;
    const rule = `must be one of ${KINDS.join(', ')}${suggestion(kind, KINDS)}`;
    mistakes.push({ path: ['extraIpv4', index, 'kind'], rule, value: kind });
    return { ...extra, kind: 'prefix' in extra ? 'subnet' : 'single' };
  });
  return { mistakes, completed: { ...(raw as object), extraIpv4: completed } };
}

function syntaxProblem(error: Document['errors'][number], lines: LineCounter): FileProblem {
  const { line, col } = lines.linePos(error.pos[0]);
  const rule =
    error.code === 'DUPLICATE_KEY' ? 'must be given once: the key is there twice' : `must be YAML: ${error.message}`;
  return { path: '', line, column: col, rule, value: undefined };
}

function toMistakes(issue: z.core.$ZodIssue, raw: unknown): Mistake[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const parent = valueAt(raw, path);
    const known = knownKeys(path, parent);
    return issue.keys.map((key) => {
      const near = closest(key, known);
      const rule =
        near === undefined ? `is not known here: ${known.join(', ')}` : `is not known here: did you mean ${near}?`;
      return { path: [...path, key], rule, value: (parent as Record<string, unknown>)[key], isKey: true };
    });
  }
  return [{ path, rule: ruleOf(issue, valueAt(raw, path)), value: valueAt(raw, path) }];
}

function ruleOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'must be given';
  switch (issue.code) {
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}${suggestion(value, issue.values)}`;
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'too_small':
    case 'too_big':
      return sizeRule(issue);
    default:
      return issue.message;
  }
}

const KINDS = ['single', 'subnet', 'failover'];
const TYPES: Record<string, string> = {
  object: 'a block of keys and values',
  array: 'a list, each item with a "-" before it',
  string: 'a text',
  int: 'a whole number',
  number: 'a whole number',
};

function suggestion(value: unknown, known: readonly unknown[]): string {
  const near = typeof value === 'string' && known.length > 1 ? closest(value, known.map(String)) : undefined;
  return near === undefined ? '' : `: did you mean ${near}?`;
}

/** The keys that may stand at a path. Those of an extra address depend on its kind. */
function knownKeys(path: Path, value: unknown): string[] {
  const shape = hostSchema.shape;
  switch (path[0]) {
    case undefined:
      return Object.keys(shape);
    case 'uplink':
      return Object.keys(shape.uplink.shape);
    case 'ipv4':
      return Object.keys(shape.ipv4.unwrap().unwrap().shape);
    case 'ipv6':
      return Object.keys(shape.ipv6.unwrap().unwrap().shape);
    default: {
      const kind = (value as { kind?: unknown }).kind;
      const options = shape.extraIpv4.unwrap().element.options;
      const option = options.find((one) => one.shape.kind.value === kind);
      return Object.keys(option?.shape ?? {});
    }
  }
}

/** `['extraIpv4', 1, 'mac'] -> extraIpv4[1].mac` */
function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}
