import { connectSocket } from '../../api/client.ts';
import { routes } from '../../api/routes.ts';
import { sleep } from '../../base/clock.ts';
import { isLodgeError, LodgeError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';

// The daemon lets answers under way finish; operations are taken up again by the next one.
const DEADLINE_MS = 30_000;
const RETRY_MS = 50;

export async function run({ clientIfRunning, layout, output }: CliContext): Promise<undefined> {
  try {
    await clientIfRunning.request('POST', routes.daemonStop);
  } catch (error) {
    if (!isLodgeError(error, 'DAEMON_UNREACHABLE')) throw error;
    return output.result({ stopped: false }, () => 'no daemon was running');
  }
  await waitUntilGone(layout.daemonSocket);
  output.result({ stopped: true }, () => 'the daemon has stopped; guests go on');
}

async function waitUntilGone(socketPath: string): Promise<void> {
  const givenUpAt = Date.now() + DEADLINE_MS;
  while (await isListening(socketPath)) {
    if (Date.now() > givenUpAt) {
      throw new LodgeError('TIMED_OUT', `the daemon still listens after ${DEADLINE_MS / 1000} s`, {
        hint: 'lodge daemon status names its pid',
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
