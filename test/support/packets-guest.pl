# What a guest gets of its network, measured in it, each attempt in a process of its own and all at once. Of perl-base alone, which
# every Debian has. Arguments: GATEWAY4 DNS6 INTERNET4 INTERNET6 MAC. One line for each attempt: `dns-udp ipv4 1`.
use strict; use warnings;
use Socket qw(:all);
my ($gateway4, $dns6, $internet4, $internet6, $mac) = @ARGV;
my $index = do { open(my $file, '<', '/sys/class/net/eth0/ifindex') or die; <$file> } + 0;
my $hardware = pack('H12', $mac =~ s/://gr);

sub name_of { my ($address, $port) = @_;
  return (AF_INET, pack_sockaddr_in($port, inet_pton(AF_INET, $address))) unless $address =~ /:/;
  return (AF_INET6, pack_sockaddr_in6($port, inet_pton(AF_INET6, $address), 0));
}
sub connected { my ($address, $port) = @_;
  my ($family, $name) = name_of($address, $port);
  socket(my $socket, $family, SOCK_STREAM, 0) or die $!;
  connect($socket, $name) or die $!;
  return $socket;
}
# web1.lodge, type A, recursion desired; its answer has the same number.
my $question = pack('n6', 0x4c47, 0x0100, 1, 0, 0, 0) . "\x04web1\x05lodge\x00" . pack('n2', 1, 1);
sub asks { my ($socket, $name, $text, $is_answer) = @_;
  for (1 .. 3) {
    defined(send($socket, $text, 0, $name)) or die $!;
    my $until = time() + 1;
    for (;;) {
      my $ready = ''; vec($ready, fileno($socket), 1) = 1;
      last unless select($ready, undef, undef, 1.2);
      defined(recv($socket, my $answer, 4096, 0)) or die $!;
      return if $is_answer->($answer);
      last if time() > $until;
    }
  }
  die 'no answer';
}
sub dns_udp { my ($family, $name) = name_of(@_, 53);
  socket(my $socket, $family, SOCK_DGRAM, 0) or die $!;
  asks($socket, $name, $question, sub { substr($_[0], 0, 2) eq substr($question, 0, 2) });
}
sub dns_tcp { my $socket = connected(@_, 53);
  syswrite($socket, pack('n', length $question) . $question) or die $!;
  sysread($socket, my $answer, 4) or die 'no answer';
  substr($answer, 2, 2) eq substr($question, 0, 2) or die 'another answer';
}
sub out { my $socket = connected(@_, 7000);
  sysread($socket, my $said, 4) or die 'no answer';
  $said eq 'SAID' or die $said;
}
sub pinged { system("ping -n -c2 -i0.5 -W3 $_[0] >/dev/null 2>&1") == 0 or die 'no answer' }
sub on_link { my ($socket) = @_; setsockopt($socket, SOL_SOCKET, 25, "eth0\0") or die $! } # SO_BINDTODEVICE of socket(7)
# RFC 2131: DISCOVER by broadcast with the flag for an answer by broadcast; an OFFER has the same xid.
sub dhcp4 {
  socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die $!;
  setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1); setsockopt($socket, SOL_SOCKET, SO_BROADCAST, 1) or die $!;
  on_link($socket);
  bind($socket, pack_sockaddr_in(68, INADDR_ANY)) or die $!;
  my $discover = pack('C4 N n2 x16 a16 x192', 1, 1, 6, 0, 0x4c4f4447, 0, 0x8000, $hardware) . pack('N C3 C', 0x63825363, 53, 1, 1, 255);
  asks($socket, pack_sockaddr_in(67, INADDR_BROADCAST), $discover, sub { unpack('x4 N', $_[0]) == 0x4c4f4447 });
}
# RFC 8415: SOLICIT (1) with a DUID-LL and an IA_NA to all servers of the link; an ADVERTISE (2) has the same number.
sub dhcp6 {
  socket(my $socket, AF_INET6, SOCK_DGRAM, 0) or die $!;
  setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
  on_link($socket);
  bind($socket, pack_sockaddr_in6(546, IN6ADDR_ANY)) or die $!;
  my $solicit = pack('N', 0x01004c47) . pack('n4', 1, 10, 3, 1) . $hardware . pack('n2 N3', 3, 12, 1, 0, 0) . pack('n3', 8, 2, 0);
  my $servers = pack_sockaddr_in6(547, inet_pton(AF_INET6, 'ff02::1:2'), $index);
  asks($socket, $servers, $solicit, sub { unpack('N', $_[0]) == 0x02004c47 });
}
# RFC 4861: a solicitation (133) to all routers, whose hop limit has to be 255; an advertisement is 134.
sub advertised {
  socket(my $socket, AF_INET6, SOCK_RAW, 58) or die $!;
  on_link($socket);
  setsockopt($socket, 41, 18, pack('i', 255)) or die $!; # IPPROTO_IPV6, IPV6_MULTICAST_HOPS of linux/in6.h
  my $routers = pack_sockaddr_in6(0, inet_pton(AF_INET6, 'ff02::2'), $index);
  asks($socket, $routers, pack('C2 n N', 133, 0, 0, 0), sub { unpack('C', $_[0]) == 134 });
}

my %attempts = (
  'ping ipv4' => sub { pinged($gateway4) }, 'ping ipv6' => sub { pinged('fe80::1%eth0') },
  'dns-udp ipv4' => sub { dns_udp($gateway4) }, 'dns-udp ipv6' => sub { dns_udp($dns6) },
  'dns-tcp ipv4' => sub { dns_tcp($gateway4) }, 'dns-tcp ipv6' => sub { dns_tcp($dns6) },
  'out ipv4' => sub { out($internet4) }, 'out ipv6' => sub { out($internet6) },
  'dhcp ipv4' => \&dhcp4, 'dhcp ipv6' => \&dhcp6, 'router-advertisement ipv6' => \&advertised,
);
my %running;
for my $hop (sort keys %attempts) {
  my $pid = fork() // die $!;
  if ($pid == 0) {
    # An alarm ends whoever waits for an answer that does not come.
    alarm(8);
    eval { $attempts{$hop}->(); 1 } or do { print STDERR "$hop: $@"; exit 1 };
    exit 0;
  }
  $running{$pid} = $hop;
}
while ((my $pid = wait()) > 0) { print "$running{$pid} ", ($? == 0 ? 1 : 0), "\n" if exists $running{$pid} }
