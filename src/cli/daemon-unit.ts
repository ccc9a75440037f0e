import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connectSocket } from '../api/client.ts';
import { LodgeError } from '../base/errors.ts';
import type { Layout } from '../model/layout.ts';
import { SERVICE_UNIT, SOCKET_UNIT, UNIT_DIRECTORY } from '../model/systemd-names.ts';
import { isNobodyThere } from './connect-daemon.ts';
import { runQuietly } from './spawn.ts';

const LOG_TAIL_LINES = 8;

/** Whether systemd runs and has the daemon's units: those of the host itself, never of a LODGE_ROOT. */
export function isDaemonUnit(layout: Layout): boolean {
  if (layout.root !== '' || !existsSync('/run/systemd/system')) return false;
  return [SERVICE_UNIT, SOCKET_UNIT].every((name) => existsSync(`${UNIT_DIRECTORY}/${name}`));
}

/**
 * Starts the service, which comes back when the daemon listens, and resolves with a connection to it.
 *
 * @throws DAEMON_UNREACHABLE with what the journal says last; PERMISSION_DENIED when only root can.
 */
export async function startDaemonUnit(layout: Layout): Promise<Socket> {
  refuseUnlessRoot('no daemon is running, and only root can start one', 'sudo lodge daemon start');
  // Attempts that failed before count towards systemd's limit; a person who tries again has mended something.
  await runQuietly('systemctl', ['reset-failed', SERVICE_UNIT, SOCKET_UNIT]);
  await startOrExplain('start', SERVICE_UNIT);
  try {
    return await connectSocket(layout.daemonSocket);
  } catch (error) {
    if (!isNobodyThere(error)) throw error;
  }
  // A daemon in the foreground had put its own socket in the place of systemd's. Both anew: a socket does not start while its
  // service runs.
  await startOrExplain('restart', SOCKET_UNIT, SERVICE_UNIT);
  return connectSocket(layout.daemonSocket);
}

/** Ends the service, and its socket so that no connection starts it again. @returns whether either was there to end */
export async function stopDaemonUnit(): Promise<boolean> {
  // 0: at least one of them is active.
  const active = await runQuietly('systemctl', ['is-active', '--quiet', SERVICE_UNIT, SOCKET_UNIT]);
  if (active.exitCode !== 0) return false;
  refuseUnlessRoot(`${SERVICE_UNIT} belongs to systemd, and only root can stop it`, 'sudo lodge daemon stop');
  const stopped = await runQuietly('systemctl', ['stop', SOCKET_UNIT, SERVICE_UNIT]);
  if (stopped.exitCode !== 0) {
    throw new LodgeError('COMMAND_FAILED', `systemctl stop ${SOCKET_UNIT} ${SERVICE_UNIT}: ${stopped.stderr.trim()}`);
  }
  return true;
}

async function startOrExplain(verb: 'start' | 'restart', ...units: string[]): Promise<void> {
  const { exitCode } = await runQuietly('systemctl', [verb, ...units]);
  if (exitCode === 0) return;
  const lines = ['--lines', String(LOG_TAIL_LINES), '--output', 'cat', '--no-pager', '--quiet'];
  const { stdout } = await runQuietly('journalctl', ['--unit', SERVICE_UNIT, ...lines]);
  const said = stdout.trim().replaceAll('\n', '\n    ');
  const message = `systemd could not start ${SERVICE_UNIT}`;
  throw new LodgeError('DAEMON_UNREACHABLE', said === '' ? message : `${message}; its journal says:\n    ${said}`, {
    hint: `journalctl -u ${SERVICE_UNIT}; to run the daemon in the foreground: lodge serve`,
  });
}

function refuseUnlessRoot(message: string, hint: string): void {
  if (process.getuid?.() !== 0) throw new LodgeError('PERMISSION_DENIED', message, { hint });
}
