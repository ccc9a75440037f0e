# `lodge ls` without Node, whose start alone is longer than the whole of this (docs/decisions/0008-ls-without-node.md).
# Prints the table as the daemon made it and ends with 0. Whatever is not as expected (no daemon, no guest, an error, another
# LODGE_ROOT than the kernel can take) ends with 1 and prints nothing: Node then does it, and explains. Perl is on every Debian.
use strict;
use Socket;

exit 1 if ( $ENV{LODGE_ROOT} // '' ) =~ m{^[^/]};
my $path = ( $ENV{LODGE_ROOT} // '' ) . '/run/lodge/lodge.sock';
exit 1 if length $path > 107;
socket( my $daemon, PF_UNIX, SOCK_STREAM, 0 ) or exit 1;
connect( $daemon, pack_sockaddr_un($path) )   or exit 1;
syswrite $daemon, "GET /v1/guests HTTP/1.0\r\nHost: lodge\r\nAccept: text/plain\r\n\r\n";
my ( $head, $table ) = split /\r\n\r\n/, do { local $/; <$daemon> // '' }, 2;
exit 1 unless $head =~ m{^HTTP/1\.[01] 200 } && $head =~ m{^content-type: text/plain}mi;
exit 1 unless $head =~ m{^content-length: (\d+)}mi && $1 > 0 && $1 == length $table;
print $table;
