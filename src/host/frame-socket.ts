import { LodgeError } from '../base/errors.ts';
import { startTalking } from './exec.ts';

/** A socket for whole frames on one interface of a network namespace. */
export interface FrameSocket {
  send: (frame: Buffer) => void;
  close: () => Promise<void>;
}

/**
 * Frames in hexadecimal, one a line, in both directions. Node has no packet sockets; Perl is in every Debian (perl-base is
 * essential). AF_PACKET is 17, SOCK_RAW 3, ETH_P_ALL 3 (packet(7)); what the interface itself sends (PACKET_OUTGOING, 4) is left
 * out. It says "ready" first.
 */
const PUMP = `
use strict;
my ($link) = @ARGV;
socket(my $socket, 17, 3, 0x0300) or die "socket: $!";
open(my $file, '<', "/sys/class/net/$link/ifindex") or die "ifindex: $!";
my $index = <$file> + 0;
bind($socket, pack('S n i S C C a8', 17, 3, $index, 0, 0, 0, '')) or die "bind: $!";
$| = 1;
print "ready\\n";
my $rest = '';
while (1) {
  my $ready = '';
  vec($ready, 0, 1) = 1;
  vec($ready, fileno($socket), 1) = 1;
  select($ready, undef, undef, undef);
  if (vec($ready, fileno($socket), 1)) {
    my $from = recv($socket, my $frame, 65536, 0);
    print unpack('H*', $frame), "\\n" if defined $from && length $frame && unpack('x10 C', $from) != 4;
  }
  if (vec($ready, 0, 1)) {
    sysread(STDIN, $rest, 65536, length $rest) or exit;
    while ($rest =~ s/^([^\\n]*)\\n//) { syswrite($socket, pack('H*', $1)) }
  }
}
`;

/**
 * @param namespace the name `ip netns` knows it by
 * @throws COMMAND_FAILED when the socket cannot be had
 */
export async function openFrameSocket(
  namespace: string,
  link: string,
  onFrame: (frame: Buffer) => void,
): Promise<FrameSocket> {
  let tellReady: () => void = () => undefined;
  const ready = new Promise<true>((resolve) => {
    tellReady = () => resolve(true);
  });
  const args = ['netns', 'exec', namespace, 'perl', '-e', PUMP, link];
  const pump = await startTalking('ip', args, (line) => {
    if (line === 'ready') tellReady();
    else onFrame(Buffer.from(line, 'hex'));
  });
  const isReady = await Promise.race([ready, pump.ended.then(() => false)]);
  if (!isReady) throw new LodgeError('COMMAND_FAILED', `no packet socket can be had on ${link} in ${namespace}`);
  return { send: (frame) => pump.say(frame.toString('hex')), close: pump.end };
}
