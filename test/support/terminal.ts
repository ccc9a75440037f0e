import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from './netns.ts';

/** A program on a terminal of its own (util-linux `script`): what it shows, and what is typed at it. */
export class Terminal {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #screen = '';

  /** @param line for the shell, in that directory. */
  constructor(line: string, directory: string) {
    // A pty begins without a size.
    this.#child = spawn('script', ['-qec', `stty cols 100 rows 30; ${line}`, '/dev/null'], {
      cwd: directory,
      env: { ...process.env, TERM: 'xterm', SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // It may have ended before it read that: how it ended is looked at, not whether it read.
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.setEncoding('latin1').on('data', (chunk: string) => {
      this.#screen += chunk;
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  get screen(): string {
    return this.#screen;
  }

  type(text: string): void {
    this.#child.stdin?.write(text, 'latin1');
  }

  /** Waits until the screen has shown it. */
  async seen(what: RegExp | string, limitMs: number): Promise<void> {
    const shown = () => (typeof what === 'string' ? this.#screen.includes(what) : what.test(this.#screen));
    try {
      await eventually(`the terminal shows ${what}`, shown, limitMs);
    } catch (cause) {
      throw new Error(`the terminal never showed ${what}; it shows:\n${this.#screen.slice(-2000)}`, { cause });
    }
  }

  /** The exit code of the line, when it has ended. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
