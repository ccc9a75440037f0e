import { Socket } from 'node:net';
import type { Context } from 'hono';
import type { Caller } from '../../base/caller.ts';
import { LodgeError } from '../../base/errors.ts';
import { peerOf } from '../../host/peer.ts';

/** Who sent this request: paths in it are opened with his rights. @throws PERMISSION_DENIED when that cannot be told */
export async function callerOf(context: Context): Promise<Caller> {
  const { incoming } = context.env as { incoming?: { socket?: unknown } };
  if (incoming?.socket instanceof Socket) return peerOf(incoming.socket);
  throw new LodgeError('PERMISSION_DENIED', 'the daemon cannot tell who asks');
}
