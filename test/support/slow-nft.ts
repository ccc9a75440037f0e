import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What stands before nft on a slow host: each line of `nft monitor` comes so much later. `null`: none comes. Everything else is nft's
 * own. It is ended as nft is, and nft with it.
 */
const WRAPPER = `#!/usr/bin/perl
use strict;
use IO::Select;
use Time::HiRes 'time';
my ($real, $delay) = ('/usr/sbin/nft', DELAY);
exec $real, @ARGV unless grep { $_ eq 'monitor' } @ARGV;
$| = 1;
my $pid = open(my $lines, '-|', $real, @ARGV) or die "nft: $!";
$SIG{TERM} = sub { kill 'TERM', $pid; exit };
my $select = IO::Select->new($lines);
my ($rest, $open, @held) = ('', 1);
while ($open || @held) {
  if ($open && $select->can_read(@held ? 0.01 : undef)) {
    $open = sysread $lines, $rest, 65536, length $rest;
    while ($rest =~ s/^([^\\n]*\\n)//) { push @held, [time + $delay, $1] if $delay >= 0 }
  } elsif (!$open) { select undef, undef, undef, 0.01 }
  print shift(@held)->[1] while @held && $held[0][0] <= time;
}
`;

/** Words in front of a program that is to find that nft. */
export async function withSlowNft(directory: string, delayMs: number | null): Promise<string[]> {
  const path = join(directory, 'slow-programs');
  await mkdir(path, { recursive: true });
  const delay = delayMs === null ? -1 : delayMs / 1000;
  await writeFile(join(path, 'nft'), WRAPPER.replace('DELAY', `${delay}`), { mode: 0o755 });
  return ['env', `PATH=${path}:${process.env.PATH}`];
}
