import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { sleep } from '../base/clock.ts';
import { KIB, MIB } from '../base/size.ts';
import { exec } from '../host/exec.ts';
import type { GuestLog } from '../model/layout.ts';

/** What a log may grow to; its older part may have as much again, and its first line. */
export const LOG_LIMITS = { serial: 2 * MIB, qemu: 512 * KIB } as const;

/** The first line of a log's older part, filled up with blanks: while it is only blanks the parts are being moved. */
export const HEAD_BYTES = 80;
const HEAD_PATTERN = /^\[lodge: (\d+) bytes of this log were dropped before this\] *\n$/;

/** What a file may have beyond its limit before the kernel itself says no. */
const SLACK_BYTES = 4 * KIB;
const BLOCK_BYTES = 512;

/** A writer has a pipe of 64 KiB to empty when QEMU has ended; a disk that hangs is not waited for. */
const END_TIMEOUT_MS = 5_000;
const END_POLL_MS = 5;

/** Whose the writer is: ids that own nothing. */
export interface LogWriter {
  uid: number;
  gid: number;
}

/** The logs of one QEMU: its own words, and what the guest says at its serial port. */
export interface GuestLogs {
  qemuLog: GuestLog;
  /** Null where QEMU has no serial port that is kept. */
  serialLog: GuestLog | null;
}

/**
 * Reads the pipes until QEMU, and whoever else wrote there, has ended, and keeps of each what fits: when a log is full it becomes the
 * older part, whose place it takes; the first line there says how much is gone. It has open files and no names, no rights, and the kernel's
 * limit on their size (RLIMIT_FSIZE). What does not go into the file (a full disk) is dropped and counted: the pipe is always emptied, so
 * that QEMU never waits. A serial port says one byte at a time, so between two looks it waits 10 ms: else each byte would wake it.
 *
 * Arguments: why something is missing before all that, then for each log the descriptors of pipe, file and older part, and the limit.
 */
const WRITER = `
my $gap = shift;
my @logs;
while (my ($pipe, $file, $older, $limit) = splice @ARGV, 0, 4) {
  open(my $in, "<&=", $pipe) or die; open(my $now, "+<&=", $file) or die; open(my $old, "+<&=", $older) or die;
  push @logs, { in => $in, now => $now, old => $old, limit => $limit, lost => 0, why => "", gap => $gap };
}
$0 = "lodge-log";
sub size { 0 + sysseek($_[0], 0, 2) }
sub put {
  my ($file, $bytes) = @_;
  my ($done, $failed) = (0, "");
  while ($done < length $bytes) {
    my $step = syswrite($file, $bytes, length($bytes) - $done, $done);
    if (!defined $step) { $failed = "$!"; last }
    $done += $step;
  }
  return ($done, $failed);
}
sub move {
  my ($log) = @_;
  my ($now, $old, $limit) = @$log{qw(now old limit)};
  sysseek($old, 0, 0);
  sysread($old, my $head, ${HEAD_BYTES});
  my ($gone) = $head =~ /^\\[lodge: (\\d+) bytes of this log were dropped before this\\] *\\n\\z/;
  $gone = defined $gone ? $gone + size($old) - ${HEAD_BYTES} : size($old);
  my $size = size($now);
  my $from = $size > $limit ? $size - $limit : 0;
  truncate($old, 0);
  sysseek($old, 0, 0);
  put($old, " " x ${HEAD_BYTES - 1} . "\\n");
  sysseek($now, $from, 0);
  my $moved = 0;
  while (sysread($now, my $piece, 65536)) {
    my ($done, $failed) = put($old, $piece);
    $moved += $done;
    if ($done < length $piece) { $log->{why} = $failed; last }
  }
  $log->{lost} += $size - $from - $moved;
  truncate($now, 0);
  sysseek($old, 0, 0);
  put($old, sprintf("%-${HEAD_BYTES - 1}s\\n", "[lodge: " . ($gone + $from) . " bytes of this log were dropped before this]"));
}
sub keep {
  my ($log, $bytes) = @_;
  move($log) if size($log->{now}) + length($bytes) > $log->{limit};
  my $now = $log->{now};
  if ($log->{lost} || $log->{gap}) {
    my $size = size($now);
    my $mark = $log->{lost} ? "$log->{lost} bytes are missing here: $log->{why}" : "something may be missing here: $log->{gap}";
    $mark = "\\n[lodge: $mark]\\n";
    my ($done) = put($now, $mark);
    if ($done < length $mark) { truncate($now, $size); $log->{lost} += length $bytes; return }
    $log->{lost} = 0;
    $log->{gap} = "";
  }
  size($now);
  my ($done, $failed) = put($now, $bytes);
  if ($done < length $bytes) { $log->{lost} += length($bytes) - $done; $log->{why} = $failed }
}
while (@logs) {
  my $ready = "";
  vec($ready, fileno $_->{in}, 1) = 1 for @logs;
  next if select($ready, undef, undef, undef) < 1;
  my $hurry = 0;
  for my $log (@logs) {
    next unless vec($ready, fileno $log->{in}, 1);
    my $got = sysread($log->{in}, my $bytes, 65536);
    next if !defined $got && $! == 4;
    if ($got) { keep($log, $bytes) } else { $log->{over} = 1; keep($log, "") if $log->{lost} }
    $hurry = 1 if !$got || $got > 16384;
  }
  @logs = grep { !$_->{over} } @logs;
  select(undef, undef, undef, 0.01) unless $hurry;
}
`;

/**
 * Opens the pipes, starts the writer as nobody's child, and becomes the command with the pipe of QEMU's log as its output. A pipe that is
 * open for reading and writing does not wait for another end; both ends that are opened beside it are there before QEMU is, and after that
 * each end has one holder: QEMU gone ends the writer, and a writer gone is EPIPE for QEMU, which ignores it.
 *
 * QEMU opens the pipe of its serial port by its name. It gets an end of it as descriptor 3 beforehand, so that no writer takes the time
 * before that for the end. Signals that end a control group, or come from a terminal, do not end the writer: it ends with its pipes.
 */
const LAUNCHER = `
program=$1 gap=$2 blocks=$3 id=$4 gid=$5 qemu_pipe=$6 qemu_log=$7 qemu_limit=$8
shift 8
serial_pipe=$1 serial_log=$2 serial_limit=$3
shift 3
unset PWD OLDPWD SHLVL
exec 9<>"$qemu_pipe" 3<"$qemu_pipe" 5>"$qemu_pipe"
[ -z "$serial_pipe" ] || exec 9<>"$serial_pipe" 4<"$serial_pipe" 6>"$serial_pipe"
exec 9>&-
(
  trap "" HUP INT TERM PIPE XFSZ
  ulimit -f "$blocks"
  exec 5<>"$qemu_log" 6<>"$qemu_log.1" >/dev/null 2>&1
  set -- perl -e "$program" "$gap" 3 5 6 "$qemu_limit"
  if [ -n "$serial_pipe" ]; then
    exec 7<>"$serial_log" 8<>"$serial_log.1"
    set -- "$@" 4 7 8 "$serial_limit"
  fi
  [ -z "$id" ] || set -- setpriv --reuid "$id" --regid "$gid" --clear-groups --no-new-privs --inh-caps=-all -- "$@"
  exec "$@" </dev/null &
)
[ $# -gt 0 ] || exit 0
exec >&5 2>&5 3<&- 4<&- 5>&-
[ -z "$serial_pipe" ] || exec 3>&6 6>&-
exec "$@"
`;

/**
 * The words that start a command with its writer; without a command only the writer is started, for a QEMU that runs.
 *
 * @param gap why something may be missing before what comes next; it is written down when that comes
 */
export function withLogWriter(
  command: readonly string[],
  logs: GuestLogs,
  writer: LogWriter | null,
  gap = '',
): string[] {
  const { qemuLog, serialLog } = logs;
  const most = Math.max(LOG_LIMITS.qemu, LOG_LIMITS.serial);
  const blocks = Math.ceil((most + HEAD_BYTES + SLACK_BYTES) / BLOCK_BYTES);
  const words = [
    ...[WRITER, gap, blocks, writer?.uid ?? '', writer?.gid ?? ''],
    ...[qemuLog.pipe, qemuLog.file, LOG_LIMITS.qemu],
    ...[serialLog?.pipe ?? '', serialLog?.file ?? '', LOG_LIMITS.serial],
  ];
  return ['sh', '-c', LAUNCHER, 'sh', ...words.map(String), ...command];
}

/** Starts a writer in the place of one that has died: the pipes are there for as long as their QEMU is. */
export async function replaceLogWriter(logs: GuestLogs, writer: LogWriter | null): Promise<void> {
  const [program = '', ...args] = withLogWriter([], logs, writer, 'its writer had ended');
  await exec(program, args, { staysBehind: true });
}

/** `2097152 -> [lodge: 2097152 bytes of this log were dropped before this]` and a line's end, for who reads both parts as one. */
export function headOf(bytes: number): Buffer {
  return Buffer.from(`[lodge: ${bytes} bytes of this log were dropped before this]\n`);
}

/** How many bytes the first line of an older part says are gone; null when it says nothing. */
export function droppedBytes(head: string): number | null {
  const bytes = HEAD_PATTERN.exec(head)?.[1];
  return bytes === undefined ? null : Number(bytes);
}

/**
 * Whether somebody reads the pipe; null when there is no pipe. Only its writer may (and root): QEMU may write alone, and the directory is
 * root's.
 */
export async function hasLogWriter({ pipe }: GuestLog): Promise<boolean | null> {
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  try {
    await (await open(pipe, flags)).close();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENXIO') return false;
    if (code === 'ENOENT') return null;
    throw error;
  }
}

/** Resolves when all that an ended QEMU has said is in its log, or the time is over. */
export async function awaitLogWriter(log: GuestLog): Promise<void> {
  const deadline = performance.now() + END_TIMEOUT_MS;
  while ((await hasLogWriter(log)) && performance.now() < deadline) await sleep(END_POLL_MS);
}
