import { sleep } from '../../base/clock.ts';
import { explainError, isLodgeError } from '../../base/errors.ts';
import { removeTree } from '../../host/files.ts';
import { waitForExit } from '../../host/process-end.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { endLogs } from '../../qemu/prepare-logs.ts';
import { killQemu } from '../../qemu/process.ts';
import { systemPowerdown } from '../../qemu/qmp-commands.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';

const KILL_WAIT_MS = 10_000;

/** Ends a guest's QEMU at once; one that is not there is no error. */
export async function endQemu(deps: GuestDeps, record: GuestRecord): Promise<void> {
  const { name, uuid } = record.spec;
  const pid = await deps.supervisor.pidOf(name);
  deps.supervisor.unwatch(name);
  if (pid !== null) {
    await killQemu(
      pid,
      uuid,
      'SIGKILL',
      deps.machine.guestUids(record),
      layoutOfGuest(deps.layout, record).startedFile,
    );
    await waitForExit(pid, KILL_WAIT_MS);
  }
  await endLogs(layoutOfGuest(deps.layout, record));
  await removeTree(layoutOfGuest(deps.layout, record).runDir);
}

interface ShutDownOptions {
  timeoutMs: number;
  signal: AbortSignal;
  detail(text: string): void;
}

/** An agent that runs answers at once; longer than this the button is not kept waiting. */
const AGENT_WAIT_MS = 3_000;
const PRESS_AGAIN_MS = 5_000;

/**
 * Asks the guest to shut down, and ends it when it has not gone after the time limit.
 * @returns null when it went by itself, else why it was ended.
 */
export async function shutDownQemu(
  deps: GuestDeps,
  record: GuestRecord,
  options: ShutDownOptions,
): Promise<string | null> {
  const { name } = record.spec;
  const pid = await deps.supervisor.pidOf(name);
  let forced: string | null = null;
  if (pid !== null && options.timeoutMs > 0) {
    // A daemon that goes on with another one's work has no monitor yet.
    await deps.supervisor.watch(name);
    const over = new AbortController();
    void askToEnd(deps, record, { ...options, signal: over.signal });
    try {
      await waitForExit(pid, options.timeoutMs, options.signal);
    } catch (error) {
      if (!isLodgeError(error, 'TIMED_OUT')) throw error;
      forced = `it did not shut down in ${options.timeoutMs / 1000} s and was ended`;
      options.detail(forced);
    } finally {
      over.abort();
    }
  }
  await endQemu(deps, record);
  return forced;
}

/**
 * The agent, and the power button when none answers or it says no. Never both at once: an agent that is asked in the middle of the
 * shutdown the button began waits for its own `shutdown` command, and systemd waits 90 s for the agent. Never rejects.
 */
async function askToEnd(deps: GuestDeps, record: GuestRecord, options: ShutDownOptions): Promise<void> {
  const timeoutMs = Math.min(AGENT_WAIT_MS, options.timeoutMs / 2);
  try {
    const call = { guest: record.spec.name, socketPath: layoutOfGuest(deps.layout, record).agentSocket, timeoutMs };
    const refused = () => void pressPowerButton(deps, record, options);
    await deps.agents.use(call, (agent) => agent.shutdown(refused));
    options.detail('asked the guest agent');
  } catch {
    await pressPowerButton(deps, record, options);
  }
}

/**
 * Again and again until the guest is gone: SSH answers early in the boot of our images, and whoever stops a guest then presses a
 * button that nobody in it hears yet. In a guest that shuts down already it is not heard either.
 */
async function pressPowerButton(deps: GuestDeps, record: GuestRecord, options: ShutDownOptions): Promise<void> {
  const { signal, detail } = options;
  while (!signal.aborted) {
    const monitor = deps.supervisor.monitorOf(record.spec.name);
    if (monitor !== null) {
      await systemPowerdown(monitor).then(
        () => detail('pressed the power button'),
        (error: unknown) => detail(`the power button could not be pressed: ${explainError(error)}`),
      );
    }
    await sleep(PRESS_AGAIN_MS, signal).catch(() => {});
  }
}
