import type { ProgramCall } from '../base/program-call.ts';
import { shellWord } from '../base/quoting/shell-word.ts';

/** Begins a script of ours: the programs of the system only, in English, and in its own directory. */
export function renderScriptHead(comment: readonly string[]): string[] {
  return [
    '#!/bin/sh',
    ...comment.map((line) => `# ${line}`),
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'LC_ALL=C',
    'export PATH LC_ALL',
    'umask 077',
    'cd -- "$(dirname -- "$0")" || exit 1',
  ];
}

/**
 * The shell functions `say` and `call`. `call WORDS PROGRAM …` gives `$input` to the program, goes on whatever happens, and counts what
 * failed in `$failures`; words with `|` between are what it may fail with. Input goes through a pipe and not through a here-document,
 * which some shells write to a disk that may be full.
 */
export const CALL_FUNCTIONS: readonly string[] = [
  'failures=0',
  'input=',
  'say() {',
  '  echo "$(date +%Y-%m-%dT%H:%M:%S) $*"',
  '}',
  'call() {',
  '  tolerated=$1',
  '  shift',
  '  said=$(printf %s "$input" | timeout 20 "$@" 2>&1 >/dev/null) && return 0',
  '  before_ifs=$IFS',
  "  IFS='|'",
  '  for words in $tolerated; do',
  '    case $said in *"$words"*) tolerated=yes ;; esac',
  '  done',
  '  IFS=$before_ifs',
  '  [ "$tolerated" != yes ] || return 0',
  '  failures=$((failures + 1))',
  '  say "failed: $*: $said"',
  '  echo "$*: $said" >>failed',
  '}',
];

/** `ip link set dev br0 up -> call '' ip link set dev br0 up`, with what goes to its standard input before it. */
export function renderCall({ program, args, input, tolerates = [] }: ProgramCall): string[] {
  const call = `call ${[tolerates.join('|'), program, ...args].map(shellWord).join(' ')}`;
  return input === undefined ? [call] : [`input=${shellWord(input)}`, call, 'input='];
}

/** A command with a text on its standard input, whatever lines the text has: no word in it ends it. */
export function renderPiped(command: string, text: string): string {
  return `printf '%s\\n' ${shellWord(text)} | ${command}`;
}
