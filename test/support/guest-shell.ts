import type { LodgeInstance } from './lodge-instance.ts';
import { eventually } from './netns.ts';

/** A root shell in a guest, by `lodge ssh`. */
export class GuestShell {
  readonly #lodge: LodgeInstance;
  readonly #name: string;
  readonly #limitMs: number;

  constructor(lodge: LodgeInstance, name: string, limitMs: number) {
    this.#lodge = lodge;
    this.#name = name;
    this.#limitMs = limitMs;
  }

  /** What the command printed; fails when it did not end with 0. */
  async run(command: string): Promise<string> {
    const limit = { timeoutMs: this.#limitMs };
    const { exitCode, stdout, stderr } = await this.#lodge.run(['ssh', this.#name, '--', command], {}, limit);
    if (exitCode !== 0) throw new Error(`${command} in ${this.#name} ended with ${exitCode}: ${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Asks again until the answer is wanted, whatever the exit code. */
  async until(command: string, wanted: RegExp): Promise<string> {
    let last = '';
    try {
      return await eventually(
        command,
        async () => {
          last = (await this.#lodge.run(['ssh', this.#name, '--', command])).stdout.trim();
          return wanted.test(last) ? { last } : null;
        },
        this.#limitMs,
      ).then((answer) => answer.last);
    } catch (cause) {
      throw new Error(`${command} in ${this.#name} said ${last}, never ${wanted}`, { cause });
    }
  }
}
