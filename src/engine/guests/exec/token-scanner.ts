/** The longest word after a token. */
const WORD_MAX = 16;

/** What a chunk brought: bytes of the command's own, and the word after the token once that is there. */
interface Scanned {
  data: Buffer[];
  word: string | null;
}

/**
 * Finds the end of a command's output: a token that nobody can guess, a word and a newline. What may be the beginning of a token is held
 * back until the next chunk shows whether it is: never more than a token's length.
 *
 *     token `T0K`:  push('abT0') -> data 'ab'    push('Kx0K') … -> as data    push('T0K7\n') -> word '7'
 */
export class TokenScanner {
  readonly #token: Buffer;
  #held: Buffer = Buffer.alloc(0);

  constructor(token: string) {
    this.#token = Buffer.from(token, 'latin1');
  }

  push(chunk: Buffer): Scanned {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const at = bytes.indexOf(this.#token);
    if (at === -1) {
      const cut = bytes.length - this.#beginningAtEnd(bytes);
      this.#held = Buffer.from(bytes.subarray(cut));
      return { data: cut === 0 ? [] : [bytes.subarray(0, cut)], word: null };
    }
    const data = at === 0 ? [] : [bytes.subarray(0, at)];
    const start = at + this.#token.length;
    const end = bytes.subarray(start, start + WORD_MAX + 1).indexOf(0x0a);
    if (end !== -1) return { data, word: bytes.toString('latin1', start, start + end) };
    // A token that goes on as ours never does is the guest's own doing, and an end all the same.
    if (bytes.length - start > WORD_MAX) return { data, word: '' };
    this.#held = Buffer.from(bytes.subarray(at));
    return { data, word: null };
  }

  /** How many of the last bytes could be the token's first. */
  #beginningAtEnd(bytes: Buffer): number {
    for (let length = Math.min(bytes.length, this.#token.length - 1); length > 0; length--) {
      if (bytes.subarray(bytes.length - length).equals(this.#token.subarray(0, length))) return length;
    }
    return 0;
  }
}
