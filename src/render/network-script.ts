import { shellWord } from '../base/quoting/shell-word.ts';
import { invertChange, type NetworkChange } from '../model/network-change.ts';
import type { FileChange, NetworkPlan } from '../model/network-plan.ts';
import { renderChange } from './network-commands.ts';
import { CALL_FUNCTIONS, renderCall, renderScriptHead } from './shell-text.ts';

/**
 * The scripts of a transaction: POSIX sh and programs of the system, because they have to work when Lodge, Node and the network do not.
 * They stand in the transaction's directory, whose one mark (`armed`, `confirmed`, `reverting`, `reverted`, `committed`) is renamed from
 * state to state: whoever renames `armed` first has decided.
 */

/** `sh rollback.sh [again] REASON`: does the inverse of each step that is named in `begun`, the last first, and never gives up. */
export function renderRollbackScript({ number, steps }: Pick<NetworkPlan, 'number' | 'steps'>): string {
  return text([
    ...renderScriptHead([
      `Takes back what plan ${number} has begun: sh rollback.sh REASON`,
      'Written by lodge net apply. It needs neither Lodge nor the network, may run twice, and does nothing once the plan is confirmed.',
    ]),
    'again=no',
    'if [ "$1" = again ]; then',
    '  again=yes',
    '  shift',
    'fi',
    `reason=\${1:-sh rollback.sh was run by hand}`,
    '# A disk that cannot be written must not keep the network from coming back.',
    'if (: >>rollback.log) 2>/dev/null; then exec >>rollback.log 2>&1; else exec >/dev/null 2>&1; fi',
    ...CALL_FUNCTIONS,
    'begun() {',
    '  grep -qxF -e "$1" begun',
    '}',
    '# One after the other: the watchdog and the daemon may come at once.',
    'if [ -r lock ]; then',
    '  exec 9<lock',
    '  flock 9',
    'fi',
    'if mv armed reverting 2>/dev/null; then',
    '  say "taken back: $reason"',
    'elif [ -e reverting ]; then',
    '  say "the way back is gone on with: $reason"',
    'elif [ -e reverted ] && [ $again = yes ]; then',
    '  say "once more: $reason"',
    'elif [ -e armed ]; then',
    '  say "the mark cannot be moved; taken back all the same: $reason"',
    'else',
    '  exit 0',
    'fi',
    '[ -s reason ] || echo "$reason" >reason',
    'rm -f failed',
    'if [ "$(cat boot-id)" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then',
    '  say "the host was restarted: what was changed is gone"',
    '  mv reverting reverted',
    '  exit 0',
    'fi',
    ...steps.toReversed().flatMap(({ id, title, change }) => [
      `if begun ${shellWord(id)}; then`,
      `  say ${shellWord(`take back: ${title}`)}`,
      ...renderChange(invertChange(change))
        .flatMap(renderCall)
        .map((statement) => `  ${statement}`),
      'fi',
    ]),
    'mv reverting reverted',
    'say "done, $failures failed"',
    '[ $failures = 0 ]',
  ]);
}

/**
 * `sh watchdog.sh DEADLINE REASON`: where there is no systemd it sleeps until the host has been up for DEADLINE seconds and then takes the
 * plan back. The uptime and not the clock: somebody may set that meanwhile.
 */
export function renderWatchdogScript({ number }: Pick<NetworkPlan, 'number'>): string {
  return text([
    ...renderScriptHead([`Takes plan ${number} back unless it is confirmed in time. Written by lodge net apply.`]),
    'echo $$ >watching',
    'while [ -e armed ]; do',
    '  read -r up _ </proc/uptime',
    `  [ "\${up%%.*}" -lt "$1" ] || exec sh ./rollback.sh "$2"`,
    '  sleep 0.3',
    'done',
  ]);
}

/** A file of the plan as the disk has it: below the instance's root. */
export type PlacedFile = Pick<FileChange, 'after' | 'mode'> & { path: string };

/** `sh write-files.sh`: writes what is confirmed, at a boot that comes before the daemon could. `new/N` is the N-th file, from 1. */
export function renderWriteFilesScript(number: number, files: readonly PlacedFile[]): string {
  return text([
    ...renderScriptHead([`Writes the files of plan ${number}, which is confirmed. Written by lodge net apply.`]),
    '# For directories that are not there: whoever configures the network may read them.',
    'umask 022',
    'failures=0',
    'put() {',
    `  directory=\${3%/*}`,
    `  new=$directory/.\${3##*/}.lodge-new`,
    '  mkdir -p "$directory" && cp "new/$1" "$new" && chmod "$2" "$new" && sync "$new" && mv -f "$new" "$3" && return 0',
    '  failures=$((failures + 1))',
    '}',
    ...files.map(({ path, after, mode }, index) =>
      after === null
        ? `rm -f ${shellWord(path)}`
        : `put ${index + 1} ${mode.toString(8).padStart(4, '0')} ${shellWord(path)}`,
    ),
    'sync',
    '[ $failures = 0 ]',
  ]);
}

/**
 * What one phase of the boot makes of a plan. Waits for the links that a guard hangs on: udev may still be naming them. A link that
 * never comes, renamed or gone, holds the boot up for no longer than `LINK_WAIT_SEC`.
 */
export function renderBootChanges(number: number, phase: 'early' | 'late', changes: readonly NetworkChange[]): string {
  const links = new Set(changes.flatMap((change) => (change.kind === 'load-guard' ? [change.uplink] : [])));
  return text([
    ...renderScriptHead([`Plan ${number}, ${phase}: what no file of the system's says. Written by lodge net apply.`]),
    'rm -f failed',
    ...CALL_FUNCTIONS,
    ...[...links].flatMap((link) => [
      'tries=0',
      `while [ ! -e ${shellWord(`/sys/class/net/${link}`)} ] && [ $tries -lt ${LINK_WAIT_SEC * 10} ]; do`,
      '  tries=$((tries + 1))',
      '  sleep 0.1',
      'done',
    ]),
    ...changes.flatMap((change) => renderChange(change).flatMap(renderCall)),
    '[ $failures = 0 ]',
  ]);
}

const LINK_WAIT_SEC = 15;

/**
 * `sh boot.sh early|late`. A transaction that another boot left open is settled before the network is configured: an unconfirmed one never
 * touched a file, so it is over; a confirmed one is finished.
 */
export function renderBootScript(): string {
  return text([
    ...renderScriptHead([
      "Lodge's part of the host's network at boot: sh boot.sh early|late",
      'Written by lodge net apply, run by lodge-network.service and lodge-network-late.service.',
    ]),
    'phase=$1',
    'finish() {',
    '  sh transaction/write-files.sh || return',
    '  # netplan has made its files of the old ones before any unit ran: systemd.generator(7).',
    '  # Of another root than the system it makes them there and nowhere else.',
    '  if command -v netplan >/dev/null; then netplan generate --root-dir "$(cd ../../../.. && pwd)"; fi',
    '  mkdir -p boot',
    '  for one in early late; do',
    '    cp transaction/$one.sh boot/.$one.new && sync boot/.$one.new && mv -f boot/.$one.new boot/$one.sh || return',
    '  done',
    '  mv transaction/confirmed transaction/committed',
    '}',
    'was_restarted() {',
    '  [ "$(cat transaction/boot-id)" != "$(cat /proc/sys/kernel/random/boot_id)" ]',
    '}',
    'if [ "$phase" = early ] && [ -d transaction ] && was_restarted; then',
    '  if [ -e transaction/armed ] || [ -e transaction/reverting ]; then',
    '    echo "the host was restarted before it was confirmed" >transaction/reason',
    '    mv transaction/armed transaction/reverted 2>/dev/null || mv transaction/reverting transaction/reverted',
    '  elif [ -e transaction/confirmed ]; then',
    '    finish || echo "the confirmed files cannot be written" >&2',
    '  fi',
    '  sync',
    'fi',
    '[ -e "boot/$phase.sh" ] || exit 0',
    'exec sh "boot/$phase.sh"',
  ]);
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
