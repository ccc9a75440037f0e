import { jsonForTerminal } from '../base/terminal-text.ts';

/** The part of a stream that output needs: process.stdout is one, a test's array can be another. */
export interface TextSink {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
}

export type Paint = (style: keyof typeof STYLES, text: string) => string;

// SGR codes of ECMA-48. util.styleText does the same but costs a `require` of node:util on the path of `ls`.
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

/** Where a command says things: the result on stdout, the talk on stderr. */
export interface Output {
  json: boolean;
  stdout: TextSink;
  stderr: TextSink;
  /** A terminal that can do nothing but write on (TERM=dumb). */
  isDumb: boolean;
  /** Colours for what goes to stdout, and to stderr. */
  paint: Paint;
  paintTalk: Paint;
  /** A text with our commands as the user can type them: `result`, `say` and errors do it themselves. */
  named(text: string): string;
  /** The result: the value under `--json`, else the text. Under `--json` a `hint` or a `fix` is for a person too; all else is data. */
  result(value: unknown, text: () => string): undefined;
  /** Raw text of the result, as it comes; the caller ends its lines. */
  write(text: string | Uint8Array): void;
  /** One line of talk. */
  say(line: string): void;
}

interface OutputOptions {
  stdout: TextSink & { write(text: string | Uint8Array): unknown };
  stderr: TextSink;
  json: boolean;
  env: Readonly<Record<string, string | undefined>>;
  /** Puts the name the user typed into a text of ours. */
  named?: (text: string) => string;
}

export function createOutput({ stdout, stderr, json, env, named = (text) => text }: OutputOptions): Output {
  // https://no-color.org: set and not empty
  const isDumb = env.TERM === 'dumb';
  const forPeople = (key: string, value: unknown) =>
    (key === 'hint' || key === 'fix') && typeof value === 'string' ? named(value) : value;
  const noColor = (env.NO_COLOR ?? '') !== '' || isDumb;
  return {
    json,
    stdout,
    stderr,
    isDumb,
    named,
    paint: painter(stdout.isTTY === true && !noColor),
    paintTalk: painter(stderr.isTTY === true && !noColor),
    result(value, text) {
      const shown = json ? jsonText(value, stdout.isTTY === true ? 2 : 0, forPeople) : named(text());
      if (shown !== '') stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
    },
    write: (text) => void stdout.write(text),
    say: (line) => void stderr.write(`${named(line)}\n`),
  };
}

/** What a terminal would obey is written as an escape of JSON's: every program reads the same value. */
export function jsonText(value: unknown, indent = 0, replacer?: (key: string, value: unknown) => unknown): string {
  return jsonForTerminal(JSON.stringify(value, replacer, indent));
}

function painter(enabled: boolean): Paint {
  if (!enabled) return (_style, text) => text;
  return (style, text) => `\u001b[${STYLES[style][0]}m${text}\u001b[${STYLES[style][1]}m`;
}
