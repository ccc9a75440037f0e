import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  YAMLParseError,
} from 'yaml';

/** What a text of YAML may be. A host's own files are a hundredth of it. */
export interface YamlLimits {
  characters: number;
  /** Words, marks and line ends. Each costs the library some microseconds. */
  tokens: number;
  depth: number;
  /** `*name`: the library looks for each one's anchor among all of them. */
  aliases: number;
  /** Values, counted anew for each alias that stands for them. */
  values: number;
}

export const YAML_LIMITS: YamlLimits = {
  characters: 1024 * 1024,
  tokens: 100_000,
  depth: 64,
  aliases: 1000,
  values: 50_000,
};

interface YamlOptions {
  /** 1.1 is what PyYAML reads, where `yes` is true. Default 1.2. */
  version?: '1.1' | '1.2';
  /** `failsafe`: every scalar is a text. Default: as the version has it. */
  schema?: 'failsafe';
  limits?: YamlLimits;
}

/** A fault that nothing can be read behind. */
export interface YamlFault {
  /** Fits after "must". */
  rule: string;
  /** Where it is in the text, in characters. */
  at: number;
  /** It may be YAML, and is more of it than anybody reads. */
  isTooMuch: boolean;
}

/**
 * `document.errors` has the library's, and DUPLICATE_KEY for each key that is there again. Where there is a fault, or an error of another
 * kind, nothing is known of the values.
 */
export interface YamlReading {
  document: Document;
  lines: LineCounter;
  fault: YamlFault | null;
  /** How many words, marks and lines it has, for whoever reads several texts under one limit. */
  tokens: number;
  /** What an alias stands for. */
  targetOf: (alias: Alias) => Node | undefined;
}

/**
 * The one way to YAML, whoever wrote it: of any text it ends soon and in little memory. Size, tokens and depth are judged before the
 * library composes anything; what aliases stand for is counted and never written out.
 */
export function readYaml(text: string, options: YamlOptions = {}): YamlReading {
  const { version = '1.2', schema, limits = YAML_LIMITS } = options;
  const lines = new LineCounter();
  const guard = new TokenGuard(limits, lines);
  const composer = new Composer({
    version,
    ...(schema === undefined ? {} : { schema }),
    prettyErrors: false,
    logLevel: 'silent',
    // The library compares each key with each other one of its map: below it is one look-up each.
    uniqueKeys: false,
  });
  const tooLarge = text.length > limits.characters;
  const read = tooLarge ? '' : text;
  const [document, second] = withoutStacks(() => {
    const [first, other] = composer.compose(guard.tokensOf(read), true, read.length);
    return [first, other] as const;
  });
  // `forceDoc` above: there is always one.
  if (document === undefined) throw new Error('the library composed no document');
  if (second !== undefined) {
    const [at = 0, end = at] = second.range;
    document.errors.push(new YAMLParseError([at, end], 'MULTIPLE_DOCS', 'a second document begins here'));
  }
  if (tooLarge) {
    const rule = `have at most ${limits.characters} characters: it has ${text.length}`;
    return { document, lines, tokens: 0, fault: { rule, at: 0, isTooMuch: true }, targetOf: () => undefined };
  }
  const walk = new ValueWalk(limits.values);
  if (guard.fault === null) walk.into(document.contents);
  const hasErrors = document.errors.length > 0;
  document.errors.push(...walk.duplicates.slice(0, DUPLICATES_TOLD));
  document.errors.sort((a, b) => a.pos[0] - b.pos[0]);
  const fault = guard.fault ?? (hasErrors ? null : walk.fault);
  return { document, lines, tokens: guard.tokens, fault, targetOf: (alias) => walk.targets.get(alias) };
}

/** Each mistake of a text is an Error to the library, and where in the library it was made is the most of what it costs. */
function withoutStacks<Result>(act: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return act();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The words and marks of a text that `readYaml` has read, in its order, with the library's own marks between them. */
export function yamlTokens(text: string): Iterable<string> {
  return new Lexer().lex(text);
}

const DUPLICATES_TOLD = 100;

/** Counts what the lexer and the parser make, and lets no more of it through than there may be. */
class TokenGuard {
  fault: YamlFault | null = null;
  tokens = 0;
  readonly #limits: YamlLimits;
  readonly #lines: LineCounter;

  constructor(limits: YamlLimits, lines: LineCounter) {
    this.#limits = limits;
    this.#lines = lines;
  }

  *tokensOf(text: string) {
    const parser = new Parser(this.#lines.addNewLine);
    this.#lines.addNewLine(0);
    let aliases = 0;
    for (const lexeme of new Lexer().lex(text)) {
      this.tokens += 1;
      if (lexeme.startsWith('*')) aliases += 1;
      const rule = this.#ruleBrokenBy(aliases, parser.stack.length);
      if (rule !== null) {
        this.fault = { rule, at: Math.min(parser.offset, text.length), isTooMuch: true };
        return;
      }
      yield* parser.next(lexeme);
    }
    yield* parser.end();
  }

  #ruleBrokenBy(aliases: number, depth: number): string | null {
    const { tokens: most, aliases: mostAliases, depth: deepest } = this.#limits;
    if (this.tokens > most) return `have at most ${most} words, marks and lines`;
    if (aliases > mostAliases) return `have at most ${mostAliases} aliases (*name)`;
    // The document is one, and the scalar that is being read another.
    return depth > deepest + 2 ? `be nested at most ${deepest} levels deep` : null;
  }
}

/** An anchor (&name) and what it stands for; null while its own end is not reached. */
interface Anchor {
  node: Node;
  values: number | null;
}

/** One walk through a document in its order: no deeper than the guard let through. */
class ValueWalk {
  fault: YamlFault | null = null;
  readonly duplicates: YAMLParseError[] = [];
  readonly targets = new Map<Alias, Node>();
  readonly #anchors = new Map<string, Anchor>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns how many values a node is, with what its aliases stand for */
  into(node: unknown): number {
    if (this.fault !== null || node === null || node === undefined) return 1;
    if (isAlias(node)) return this.#aliased(node);
    if (isPair(node)) return this.into(node.key) + this.into(node.value);
    const name = (node as { anchor?: string }).anchor;
    const anchor: Anchor = { node: node as Node, values: null };
    if (name !== undefined) this.#anchors.set(name, anchor);
    let values = 1;
    if (isMap(node)) this.#findDuplicates(node);
    if (isMap(node) || isSeq(node)) {
      for (const item of node.items) values += this.into(item);
    }
    anchor.values = values;
    if (values > this.#most) this.#refuse(node, `have at most ${this.#most} values, with what its aliases stand for`);
    return values;
  }

  #aliased(alias: Alias): number {
    const anchor = this.#anchors.get(alias.source);
    if (anchor === undefined) {
      this.#refuse(alias, 'be valid YAML: an alias (*word) of nothing', false);
      return 1;
    }
    if (anchor.values === null) {
      this.#refuse(alias, 'be valid YAML: an alias (*word) that stands for what it is in', false);
      return 1;
    }
    this.targets.set(alias, anchor.node);
    return anchor.values;
  }

  #refuse(node: unknown, rule: string, isTooMuch = true): void {
    this.fault ??= { rule, at: (node as Node).range?.[0] ?? 0, isTooMuch };
  }

  #findDuplicates(map: { items: { key: unknown }[] }): void {
    const seen = new Set<unknown>();
    for (const { key } of map.items) {
      if (!isScalar(key)) continue;
      const at = key.range?.[0] ?? 0;
      if (seen.has(key.value)) {
        this.duplicates.push(new YAMLParseError([at, at + 1], 'DUPLICATE_KEY', 'Map keys must be unique'));
      }
      seen.add(key.value);
    }
  }
}
