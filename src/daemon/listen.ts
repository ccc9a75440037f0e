import { chmodSync, chownSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { LodgeError } from '../base/errors.ts';

/** The first socket systemd hands over (sd_listen_fds(3)). */
const SYSTEMD_FD = 3;

/**
 * Listens on the unix socket, for root and the group only, or on the one systemd holds for us.
 * The caller holds the instance's lock: a socket file that is there is a dead daemon's.
 */
export async function listen(server: Server, path: string, gid: number | null): Promise<void> {
  const { LISTEN_PID, LISTEN_FDS } = process.env;
  const handedOver = LISTEN_PID === String(process.pid) && Number(LISTEN_FDS) > 0;
  if (!handedOver) rmSync(path, { force: true });
  // Nobody may connect in the moment between the socket's making and its mode.
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(handedOver ? { fd: SYSTEMD_FD } : { path }, resolve);
    });
  } catch (cause) {
    throw new LodgeError('ROOT_UNUSABLE', `cannot listen on ${path}`, { cause });
  } finally {
    process.umask(umask);
  }
  if (handedOver) return;
  if (gid !== null) chownSync(path, 0, gid);
  chmodSync(path, gid === null ? 0o600 : 0o660);
}
