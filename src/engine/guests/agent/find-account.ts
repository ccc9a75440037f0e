import { sleep } from '../../../base/clock.ts';
import type { GuestAgent } from '../../../qemu/guest-agent.ts';
import { ACCOUNT_SCRIPT, NO_ACCOUNT } from '../../../render/account-script.ts';
import { EXEC_ENVIRONMENT } from '../../../render/exec-script.ts';

const LOOK_MS = 10_000;
const POLL_MS = 100;

/** Whether a guest has an account, asked by its agent; null where it gave no answer: an agent need not run commands. Never rejects. */
export async function findAccount(agent: GuestAgent, user: string): Promise<boolean | null> {
  try {
    const arg = ['-c', ACCOUNT_SCRIPT, 'lodge', user];
    const begun = (await agent.execute('guest-exec', { path: 'sh', arg, env: EXEC_ENVIRONMENT })) as { pid?: unknown };
    const givenUpAt = performance.now() + LOOK_MS;
    for (;;) {
      const status = (await agent.execute('guest-exec-status', { pid: begun.pid })) as {
        exited?: unknown;
        exitcode?: unknown;
      };
      if (status.exited === true) return status.exitcode === 0 ? true : status.exitcode === NO_ACCOUNT ? false : null;
      if (performance.now() > givenUpAt) return null;
      await sleep(POLL_MS);
    }
  } catch {
    return null;
  }
}
