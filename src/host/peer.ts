import type { Socket } from 'node:net';
import type { Caller } from '../base/caller.ts';
import { LodgeError } from '../base/errors.ts';
import { exec } from './exec.ts';

/**
 * SO_PEERCRED and SO_PEERGROUPS of a unix socket (socket(7)), which Node cannot ask for: who it was when he connected, whatever his
 * process has become since. Perl belongs to every Debian. The socket is descriptor 3 because Node makes the first three of a child
 * blocking, and ours with them.
 */
const ASK = `
open(my $socket, "<&=3") or die "no socket: $!";
my ($pid, $uid, $gid) = unpack("iII", getsockopt($socket, 1, 17) // die "no SO_PEERCRED: $!");
print join(" ", $uid, $gid, unpack("I*", getsockopt($socket, 1, 59) // ""));
`;

/** Who is at the other end. @throws PERMISSION_DENIED when that cannot be told: then nothing is opened for him */
export async function peerOf(socket: Socket): Promise<Caller> {
  const { stdout } = await exec('perl', ['-e', ASK], { descriptors: [socket] }).catch((cause: unknown) => {
    throw new LodgeError('PERMISSION_DENIED', 'the daemon cannot tell who asks', { cause });
  });
  const [uid, gid, ...groups] = stdout.split(' ').map(Number);
  if (!isId(uid) || !isId(gid) || !groups.every(isId)) {
    throw new LodgeError('PERMISSION_DENIED', 'the daemon cannot tell who asks');
  }
  return { uid, gid, groups };
}

function isId(value: number | undefined): value is number {
  return Number.isInteger(value) && (value ?? -1) >= 0;
}
