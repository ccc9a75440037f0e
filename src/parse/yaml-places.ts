import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml';

type Path = readonly PropertyKey[];

/** Where the keys and values of a document stand: looked up once for all, as there may be a mistake in each. */
export class YamlPlaces {
  readonly #lines: LineCounter;
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();

  constructor(document: Document, lines: LineCounter) {
    this.#lines = lines;
    this.#note([], document.contents);
  }

  /** Lines and columns begin with 1. A missing value stands where its block does; of a key that is there twice the first counts. */
  of(path: Path, isKey: boolean): { line: number; column: number } {
    const key = isKey ? this.#keys.get(textOf(path)) : undefined;
    if (key !== undefined) return this.#placeOf(key);
    for (let length = path.length; length >= 0; length -= 1) {
      const value = this.#values.get(textOf(path.slice(0, length)));
      if (value !== undefined) return this.#placeOf(value);
    }
    return { line: 1, column: 1 };
  }

  #note(path: Path, node: unknown): void {
    const text = textOf(path);
    if (!isNode(node) || !node.range || this.#values.has(text)) return;
    this.#values.set(text, node.range[0]);
    if (isSeq(node)) for (const [index, item] of node.items.entries()) this.#note([...path, index], item);
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const inner = [...path, String(key.value)];
      const innerText = textOf(inner);
      if (key.range && !this.#keys.has(innerText)) this.#keys.set(innerText, key.range[0]);
      this.#note(inner, value);
    }
  }

  #placeOf(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}

function textOf(path: Path): string {
  return path.map(String).join('\0');
}
