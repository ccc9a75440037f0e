import { inOneLine } from '../../base/terminal-text.ts';
import type { Output } from '../output.ts';

/** Nobody reads more of them, and a guest may send millions. */
const TOLD_MAX = 20;

/** What a copy leaves out because it is neither file, directory nor link, told at its end. */
export class LeftOut {
  readonly #names: string[] = [];
  #more = 0;

  add(name: string): void {
    if (this.#names.length < TOLD_MAX) this.#names.push(name);
    else this.#more += 1;
  }

  tell(output: Pick<Output, 'say'>): void {
    for (const name of this.#names) output.say(`left out, as it is no file, directory or link: ${inOneLine(name)}`);
    if (this.#more > 0) output.say(`left out as well: ${this.#more} more`);
  }
}
