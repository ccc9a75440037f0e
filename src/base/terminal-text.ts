/**
 * The one filter between a terminal and what came from a guest, a file or another program. A terminal obeys such text: it moves, colours,
 * retitles, answers, and shows words in another order than they are in.
 */

/** Every control of Unicode but line end and tab, every invisible format character, both separators of lines, and halves of characters. */
const HOSTILE = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const ALL_HOSTILE = new RegExp(HOSTILE, 'gu');

/** Sequences of ECMA-48 that a person at the terminal would not have seen: CSI; OSC, DCS, SOS, PM and APC with their texts; the short ones. */
const SEQUENCES = [
  '\\x1b\\[[0-?]*[ -/]*[@-~]',
  '\\x1b\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)',
  '\\x1b[PX^_][^\\x1b]*\\x1b\\\\',
  '\\x1b[ -/]+[0-~]',
  '\\x1b[0-OQ-WYZ`-~]',
];
const ALL_SEQUENCES = new RegExp(SEQUENCES.join('|'), 'g');
/** One of them that has begun and is not whole: what is missing may come with the next piece. */
const ESC = '\\x1b';
const BEGUN = new RegExp(
  `(?:${ESC}(?:\\[[0-?]*[ -/]*|\\][^\\x07${ESC}]*${ESC}?|[PX^_][^${ESC}]*${ESC}?|[ -/]*)?|\\r+)$`,
);
const BEGUN_MAX_CHARACTERS = 4096;

/**
 *     \x1b[2J\x1b[01;01H\r\nDebian\r\n -> \nDebian\n
 *     gnp.\u202eexe -> gnp.�exe
 *
 * What has a look of its own in no program (C0, DEL) is left out; what would change how the rest looks leaves a mark.
 */
export function forTerminal(text: string): string {
  if (!HOSTILE.test(text)) return text;
  return (
    text
      // Before the sequences: what stands between the two would join them only where both are there.
      .replace(/\r+\n?/g, '\n')
      .replace(ALL_SEQUENCES, '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '')
      .replace(ALL_HOSTILE, '\ufffd')
  );
}

/** The same for text whose line ends would tell a lie as well: a name in a table, a value in a line. */
export function inOneLine(text: string): string {
  return forTerminal(text).replace(/[\n\t]+/g, ' ');
}

/** Every text in a value that came as JSON; keys are ours. */
export function valueForTerminal(value: unknown): unknown {
  if (typeof value === 'string') return forTerminal(value);
  if (Array.isArray(value)) return value.map(valueForTerminal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, valueForTerminal(inner)]));
}

/** JSON that means the same to every program and nothing to a terminal: what it would obey is written as `\u009b`. */
export function jsonForTerminal(json: string): string {
  if (!HOSTILE.test(json)) return json;
  return json.replace(ALL_HOSTILE, (character) => {
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/** `forTerminal` for a stream: characters and sequences that are torn between two pieces are read whole. */
export class TerminalStream {
  // Not `fatal`: a byte that is no UTF-8 becomes a mark.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #begun = '';

  push(bytes: Uint8Array): string {
    const text = this.#begun + this.#decoder.decode(bytes, { stream: true });
    const begun = BEGUN.exec(text.slice(-BEGUN_MAX_CHARACTERS))?.[0] ?? '';
    // One that fills all there is has no end: it is text.
    this.#begun = begun.length < BEGUN_MAX_CHARACTERS ? begun : '';
    return forTerminal(this.#begun === '' ? text : text.slice(0, -this.#begun.length));
  }

  end(): string {
    const text = this.#begun + this.#decoder.decode();
    this.#begun = '';
    return forTerminal(text);
  }
}
