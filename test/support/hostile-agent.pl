# In the place of a guest's agent: answers the host as the one argument says. Of perl-base alone, which every Debian has.
use strict; use warnings;
use Fcntl;
my $mode = shift;
$SIG{PIPE} = 'IGNORE';
my $port;
# Whoever had it before lets go of it when it has ended.
until (sysopen($port, '/dev/virtio-ports/org.qemu.guest_agent.0', O_RDWR)) { select(undef, undef, undef, 0.05) }
$| = 1;
print "ready\n";

sub say_all { my ($text, $to) = @_;
  for (my $done = 0; $done < length $text;) {
    my $wrote = syswrite($to // $port, $text, 65536, $done);
    defined $wrote ? ($done += $wrote) : select(undef, undef, undef, 0.01);
  }
}
sub flood { my ($text, $to) = @_; my $much = $text x (65536 / length $text + 1); say_all($much, $to) for 1 .. 8000 }
sub answer { say_all("{\"return\": $_[0]}\n") }
sub lane_port { my ($lane, $kind) = @_;
  for (1 .. 100) {
    for my $directory (glob '/sys/class/virtio-ports/*') {
      open(my $file, '<', "$directory/name") or next;
      my $name = <$file> // ''; chomp $name;
      next unless $name eq "lodge.$lane.$kind";
      sysopen(my $found, '/dev/' . ($directory =~ s{.*/}{}r), O_RDWR) or die "lane: $!";
      return $found;
    }
    select(undef, undef, undef, 0.1);
  }
  die "no port $lane $kind";
}
sub decode_base64 { my ($text) = @_;
  $text =~ tr{A-Za-z0-9+/}{}cd; $text =~ tr{A-Za-z0-9+/}{ -_};
  return unpack('u', chr(32 + int(length($text) * 3 / 4)) . $text);
}
my $event = '{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": {"guest": true}}';
my $bell = '\u001b]0;owned\u0007\u009b2J\u202e';
my $deep = ('[' x 100000) . (']' x 100000);

# What is said to the first question of a conversation, in the place of its number.
my %first = (
  'flood' => sub { flood('a') },
  'sentinels' => sub { flood("\xff") },
  'wrong-numbers' => sub { flood("\xff{\"return\": 7}\n") },
  'events-first' => sub { flood("\xff$event\n") },
  'silence' => sub { },
);
# And to every other question.
my %later = (
  'no-json' => sub { say_all("login: \n") },
  'no-object' => sub { say_all("[1, 2]\n") },
  'deep' => sub { say_all($deep . "\n") },
  'deep-answer' => sub { answer($deep) },
  'deep-error' => sub { say_all("{\"error\": {\"class\": $deep, \"desc\": $deep}}\n") },
  'huge' => sub { say_all('{"return": "'); flood('x') },
  'huge-lines' => sub { flood("{\"return\": {}}\n") },
  'events' => sub { flood("$event\n") },
  'greeting' => sub { say_all("{\"QMP\": {\"version\": {\"qemu\": {\"major\": $deep}}}}\n") },
  'event-time' => sub { say_all("{\"event\": \"STOP\", \"timestamp\": {\"seconds\": $deep}}\n") },
  'wrong-id' => sub { say_all("{\"return\": {}, \"id\": \"x\"}\n{\"return\": {}, \"id\": 7}\n") },
  'refusal' => sub { say_all("{\"error\": {\"class\": \"GenericError\", \"desc\": \"$bell" . ('no ' x 10000) . "\"}}\n") },
  'null' => sub { answer('null') },
  'text' => sub { answer('"x"') },
  'partial' => sub { say_all('{"ret') },
);
# Of the answer to guest-exec: what is no number of a process.
my %pid = ('pid-minus' => '-1', 'pid-init' => '1', 'pid-zero' => '0', 'pid-endless' => '1e300', 'pid-half' => '1.5',
  'pid-text' => '"7"', 'pid-list' => '[7]', 'pid-none' => 'null');
# Of the answer to guest-exec-status, of a command that never was.
my %status = (
  'status-code' => '{"exited": true, "exitcode": 1e300, "signal": "x", "err-data": "====!"}',
  'status-minus' => '{"exited": true, "exitcode": -1, "err-data": 7}',
  'status-much' => '{"exited": true, "exitcode": 0, "out-data": "' . ('QUJD' x 20000) . '", "err-data": "'
    . 'G10wO293bmVkB5sy' . ('dmVyeSBiYWQg' x 5000) . '"}',
  'status-never' => '{"exited": false}',
);
# What is said on the ports of the command itself.
my %port = (
  'port-garbage' => sub { my ($out) = @_; say_all("hello\n" x 100, $out) },
  'port-flood' => sub { my ($out) = @_; flood('a', $out) },
  'port-code' => sub { my ($out, $err, $token) = @_; say_all("$token\n${token}256\n", $out); say_all("${token}256\n", $err) },
  'port-minus' => sub { my ($out, $err, $token) = @_; say_all("$token\n${token}-1\n", $out); say_all("${token}-1\n", $err) },
  'port-long' => sub { my ($out, $err, $token) = @_; say_all("$token\n${token}1e300000000000000000\n", $out); say_all("$token\n", $err) },
  'port-account' => sub { my ($out, $err, $token) = @_; say_all("$token\n${token}account\n", $out); say_all("${token}account\n", $err) },
  'port-input' => sub { my ($out, $err, $token, $in) = @_; flood('a', $in) },
);

my $buffer = '';
while (1) {
  my $read = sysread($port, $buffer, 65536, length $buffer);
  if (!$read) { select(undef, undef, undef, 0.05); next }
  while ($buffer =~ s/^([^\n]*)\n//) {
    my $line = $1;
    my ($asked) = $line =~ /"execute":"([a-z-]+)"/ or next;
    if ($asked eq 'guest-sync-delimited') {
      my ($id) = $line =~ /"id":(\d+)/;
      if (my $hostile = $first{$mode}) { $hostile->(); next }
      say_all("\xff{\"return\": $id}\n");
      say_all("$event\n" x 3) if $mode eq 'unasked';
    } elsif (my $hostile = $later{$mode}) { $hostile->() }
    elsif ($asked eq 'guest-exec') {
      answer('{"pid": ' . ($pid{$mode} // 4242) . '}');
      my ($lane, $token) = ($line =~ /"(\d-[0-9a-z]+)"/, decode_base64($line =~ /"input-data":"([^"]*)"/ ? $1 : ''));
      next unless $port{$mode} && defined $lane && $token ne '';
      chomp $token;
      next if fork;
      my ($in, $err, $out) = map { lane_port($lane, $_) } ($line =~ /"arg":\["sh","-c",.*"\Q$lane\E","1"/ ? 'in' : 'err', 'err', 'out');
      $port{$mode}->($out, $err, $token, $in);
      sleep 3;
      exit;
    } elsif ($asked eq 'guest-exec-status') { answer($status{$mode} // '{"exited": false}') }
    else { answer('{}') }
  }
}
