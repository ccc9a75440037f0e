import { isLodgeError } from '../../base/errors.ts';
import { removeTree } from '../../host/files.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { agentShutdown } from '../../qemu/guest-agent.ts';
import { killQemu, waitForExit } from '../../qemu/process.ts';
import { systemPowerdown } from '../../qemu/qmp-commands.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';

const KILL_WAIT_MS = 10_000;

/** Ends a guest's QEMU at once; one that is not there is no error. */
export async function endQemu(deps: GuestDeps, record: GuestRecord): Promise<void> {
  const { name, uuid } = record.spec;
  const pid = await deps.supervisor.pidOf(name);
  deps.supervisor.unwatch(name);
  if (pid !== null) {
    await killQemu(pid, uuid, 'SIGKILL');
    await waitForExit(pid, KILL_WAIT_MS);
  }
  await removeTree(layoutOfGuest(deps.layout, record).runDir);
}

interface ShutDownOptions {
  timeoutMs: number;
  signal: AbortSignal;
  detail(text: string): void;
}

/**
 * The power button, and the agent when one answers (a guest without an ACPI daemon ignores the button). A guest
 * that has not gone after the time limit is ended.
 */
export async function shutDownQemu(deps: GuestDeps, record: GuestRecord, options: ShutDownOptions): Promise<void> {
  const { name } = record.spec;
  const pid = await deps.supervisor.pidOf(name);
  if (pid !== null && options.timeoutMs > 0) {
    // A daemon that goes on with another one's work has no monitor yet.
    await deps.supervisor.watch(name);
    void askToEnd(deps, record, options.detail);
    try {
      await waitForExit(pid, options.timeoutMs, options.signal);
    } catch (error) {
      if (!isLodgeError(error, 'TIMED_OUT')) throw error;
      options.detail(`it did not shut down in ${options.timeoutMs / 1000} s and is ended`);
    }
  }
  await endQemu(deps, record);
}

/** Both at once: an agent that is not there is known only after seconds, and asking twice does no harm. Never rejects. */
async function askToEnd(deps: GuestDeps, record: GuestRecord, detail: (text: string) => void): Promise<void> {
  const pressButton = async () => {
    const monitor = deps.supervisor.monitorOf(record.spec.name);
    if (monitor === null) return;
    await systemPowerdown(monitor);
    detail('pressed the power button');
  };
  const askAgent = async () => {
    await agentShutdown(layoutOfGuest(deps.layout, record).agentSocket);
    detail('asked the guest agent');
  };
  await Promise.allSettled([pressButton(), askAgent()]);
}
