import { statSync } from 'node:fs';
import { connectSocket } from '../../api/client.ts';
import { routes } from '../../api/routes.ts';
import { sleep } from '../../base/clock.ts';
import { isLodgeError, LodgeError } from '../../base/errors.ts';
import { SERVICE_UNIT, SOCKET_UNIT } from '../../model/systemd-names.ts';
import type { CliContext } from '../context.ts';
import { isDaemonUnit, stopDaemonUnit } from '../daemon-unit.ts';

// The daemon lets answers under way finish; operations are taken up again by the next one.
const DEADLINE_MS = 30_000;
const RETRY_MS = 50;

export async function run({ clientIfRunning, layout, output }: CliContext): Promise<undefined> {
  // Before the request: connecting to systemd's socket would start what is to be stopped.
  const unit = isDaemonUnit(layout) && (await stopDaemonUnit());
  refuseToStrand(layout.daemonSocket);
  const other = await stopOther(clientIfRunning, layout.daemonSocket);
  output.result({ stopped: unit || other }, () => {
    if (unit)
      return `${SERVICE_UNIT} and ${SOCKET_UNIT} are stopped until the next lodge command or boot; guests go on`;
    return other ? 'the daemon has stopped; guests go on' : 'no daemon was running';
  });
}

/** Who may use a daemon and not start one would be left without: he is told before, and the daemon goes on. @throws PERMISSION_DENIED */
function refuseToStrand(socketPath: string): void {
  if (!isStranding(process.getuid?.() ?? 0, ownerOf(socketPath))) return;
  throw new LodgeError('PERMISSION_DENIED', 'only root can start the daemon again: it was not stopped', {
    hint: 'sudo lodge daemon stop',
  });
}

export function isStranding(uid: number, owner: number | undefined): boolean {
  return uid !== 0 && owner !== undefined && owner !== uid;
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    // Not there, or hidden: the request says it in its words.
    return undefined;
  }
}

/** A daemon that was started by hand, before there were units or without systemd. @returns whether there was one */
async function stopOther(client: CliContext['clientIfRunning'], socketPath: string): Promise<boolean> {
  try {
    await client.request('POST', routes.daemonStop);
  } catch (error) {
    if (!isLodgeError(error, 'DAEMON_UNREACHABLE')) throw error;
    return false;
  }
  await waitUntilGone(socketPath);
  return true;
}

async function waitUntilGone(socketPath: string): Promise<void> {
  const givenUpAt = Date.now() + DEADLINE_MS;
  while (await isListening(socketPath)) {
    if (Date.now() > givenUpAt) {
      throw new LodgeError('TIMED_OUT', `the daemon still listens after ${DEADLINE_MS / 1000} s`, {
        hint: 'its pid: lodge daemon status',
      });
    }
    await sleep(RETRY_MS);
  }
}

async function isListening(socketPath: string): Promise<boolean> {
  try {
    (await connectSocket(socketPath)).destroy();
    return true;
  } catch {
    return false;
  }
}
