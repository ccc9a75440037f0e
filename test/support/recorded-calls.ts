import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';

const run = promisify(execFile);

/** Names, comments and values that are something else to a shell, to systemd, to nft or to a here-document. Most leave a file `canary`. */
const PIECES = [
  ...['$(:>canary)', '`:>canary`', ';:>canary;', '|:>canary', '&:>canary&', '>canary', '\n:>canary\n', "';:>canary;'"],
  ...[
    '";:>canary;"',
    '\\',
    '%',
    '%n',
    '%%',
    '$HOME',
    `$\{HOME}`,
    '$$',
    '-',
    '--',
    '-n',
    '#',
    ' #',
    '*',
    '~',
    '!',
    '=',
    ' ',
  ],
  ...[
    '\t',
    '\r',
    '\nEND\n',
    "'",
    '"',
    '{',
    '}',
    '(',
    ')',
    '[',
    '<',
    'é',
    '\u0085',
    '\u202e',
    '\u{1f600}',
    'eth0',
    '203.0.113.1/24',
  ],
];
export const hostileWord = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 4 })
  .map((all) => all.join(''));
/** All of them at once, so that the fewest of runs try each. */
export const EVERY_SIGN = `it's "50%n" $HOME \`:>canary\` \\ $(:>canary) $\{HOME} %% #;&|<>(){}[]*?~!=,é\u0085\n:>canary\t\\`;
/** A name of a directory in which LODGE_ROOT may lie: every sign that is something to some program, and short, because of sockets. */
export const ODD_DIRECTORY = "it's 5% $x,,#;&\\{=";

/** Its beginning, of at most so many bytes of UTF-8, and of whole characters. */
export function shortened(word: string, bytes: number): string {
  const short = [...word].slice(0, bytes);
  while (Buffer.byteLength(short.join('')) > bytes) short.pop();
  return short.join('');
}
/** What the kernel takes for a link: no blank, no slash, no colon, 15 bytes. */
export const hostileLink = hostileWord.map((word) => shortened(word.replace(/[\s/:]/g, ''), 15) || "';>c;'");

export interface RecordedCall {
  program: string;
  args: string[];
  input: string;
}

/** Each call is a file of its own: a number, and what it was given, with zero bytes between. */
const STUB = `#!/bin/sh
exec 8>"$RECORDS/lock"
flock 8
count=$(ls "$RECORDS" | wc -l)
{ printf '%s\\0' "\${0##*/}" "$@"; printf '\\1'; [ "$STUB_READS" != yes ] || cat; } >"$RECORDS/$(printf %06d "$count")"
`;

export interface ScriptRun {
  calls: RecordedCall[];
  /** What lies in the directory afterwards. */
  files: string[];
  /** Every file of it and below it, by its path: what is in it, and its mode. */
  tree: Record<string, { text: string; mode: number }>;
  exitCode: number;
}

/**
 * Runs a script of ours in a directory of its own where the named programs only write down what reaches them. What a script says of its
 * PATH is put aside. `reads`: they take their standard input, too.
 */
export async function runRecorded(
  script: string,
  options: { programs: readonly string[]; files?: Readonly<Record<string, string>>; reads?: boolean; args?: string[] },
): Promise<ScriptRun> {
  const root = await mkdtemp(join(tmpdir(), 'lodge-script-'));
  const [stubs, records, cwd] = ['stubs', 'records', 'work'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  try {
    for (const directory of [stubs, records, cwd]) await mkdir(directory);
    for (const program of options.programs) await writeFile(join(stubs, program), STUB, { mode: 0o755 });
    const path = `PATH='${stubs}':/usr/sbin:/usr/bin:/sbin:/bin`;
    await writeFile(join(cwd, 'script.sh'), script.replace(/^PATH=.*$/m, path));
    for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(cwd, name), text);
    const env = {
      PATH: path.slice('PATH='.length).replaceAll("'", ''),
      RECORDS: records,
      STUB_READS: options.reads ? 'yes' : 'no',
    };
    const exitCode = await run('sh', [join(cwd, 'script.sh'), ...(options.args ?? [])], { cwd, env }).then(
      () => 0,
      (error) => Number(error.code),
    );
    const names = (await readdir(records)).filter((name) => name !== 'lock').sort();
    const calls = await Promise.all(names.map(async (name) => parseCall(await readFile(join(records, name), 'utf8'))));
    return { calls, files: (await readdir(cwd)).sort(), tree: await readTree(cwd), exitCode };
  } finally {
    await rm(root, { recursive: true });
  }
}

async function readTree(root: string): Promise<ScriptRun['tree']> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = found.filter((one) => one.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const entries = paths.map(async (path) => {
    const [text, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return [relative(root, path), { text, mode: mode & 0o7777 }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function parseCall(text: string): RecordedCall {
  const end = text.indexOf('\0\u0001');
  const [program = '', ...args] = text.slice(0, end).split('\0');
  return { program, args, input: text.slice(end + 2) };
}
