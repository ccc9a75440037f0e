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
  const errors = document.errors.map(({ message, pos }) => ({
    isUnclosed: message.startsWith('Missing closing'),
    offset: pos[0],
    line: lines.linePos(pos[0]).line,
  }));
  const found: OpenQuote[] = [];
  visit(document, {
    Scalar(_key, { type, range }, path) {
      const mark = type === Scalar.QUOTE_DOUBLE ? '"' : type === Scalar.QUOTE_SINGLE ? "'" : null;
      if (mark === null || !range) return;
      const [offset, end] = range;
      const { line, col } = lines.linePos(offset);
      const last = lines.linePos(end).line;
      // Closed by what was to open the next one: what comes after that in its line makes no sense.
      const isClosedLate = last > line && errors.some((error) => error.line === last && error.offset >= end);
      const isUnclosed = errors.some((error) => error.isUnclosed && error.offset === end);
      const isInFlow = path.some((node) => isCollection(node) && node.flow === true);
      if (isUnclosed || isClosedLate) found.push({ mark, line, column: col, isInFlow });
    },
  });
  return found[0] ?? null;
}
