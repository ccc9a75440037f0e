import { type Document, isCollection, type LineCounter, Scalar, visit } from 'yaml';

/** Where a text in quotes begins that does not end in its line. */
export interface OpenQuote {
  mark: '"' | "'";
  line: number;
  column: number;
  /** Between brackets or braces: where the quote should have ended nobody knows. */
  isInFlow: boolean;
}

/**
 * The first quote that nobody closed: it takes in what follows up to the next one, or to the end of the file, and only there the library
 * finds something wrong. null where no error comes from one; a text that goes on in the next line on purpose is none.
 */
export function findOpenQuote(document: Document, lines: LineCounter): OpenQuote | null {
  const unclosed = new Set<number>();
  const lastOfLine = new Map<number, number>();
  for (const { message, pos } of document.errors) {
    if (message.startsWith('Missing closing')) unclosed.add(pos[0]);
    const { line } = lines.linePos(pos[0]);
    lastOfLine.set(line, Math.max(lastOfLine.get(line) ?? 0, pos[0]));
  }
  let found: OpenQuote | null = null;
  visit(document, {
    Scalar(_key, { type, range }, path) {
      const mark = type === Scalar.QUOTE_DOUBLE ? '"' : type === Scalar.QUOTE_SINGLE ? "'" : null;
      if (mark === null || !range) return undefined;
      const [offset, end] = range;
      const { line, col } = lines.linePos(offset);
      const last = lines.linePos(end).line;
      // Closed by what was to open the next one: what comes after that in its line makes no sense.
      const isClosedLate = last > line && (lastOfLine.get(last) ?? -1) >= end;
      if (!unclosed.has(end) && !isClosedLate) return undefined;
      const isInFlow = path.some((node) => isCollection(node) && node.flow === true);
      found = { mark, line, column: col, isInFlow };
      return visit.BREAK;
    },
  });
  return found;
}
