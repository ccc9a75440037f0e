import type { Socket } from 'node:net';
import { exec } from './exec.ts';

/**
 * sendmsg(2), 46 on x86-64, with SCM_RIGHTS (unix(7)), which Node does not have. Descriptor 3 is the socket, 4 what is sent. The structures
 * are those of x86-64: an iovec, a cmsghdr with one number, a msghdr of the two.
 */
const SEND = `
my $text = $ARGV[0];
my $piece = pack("PQ", $text, length $text);
my $rights = pack("QllL x4", 20, 1, 1, 4);
my $message = pack("Q L x4 P Q P Q l x4", 0, 0, $piece, 1, $rights, 24, 0);
my $sent = syscall(46, 3, $message, 0x4000);
$sent == length $text or die "sent $sent of it: $!\\n";
`;

/** Sends a short text over a unix socket and an open file with it. Nothing else may be written to the socket meanwhile. */
export async function sendWithDescriptor(socket: Socket, text: string, descriptor: number): Promise<void> {
  try {
    await exec('perl', ['-e', SEND, '--', text], { descriptors: [socket, descriptor] });
  } finally {
    // Node reads no more of a socket that a child was given.
    socket.resume();
  }
}
