import { isLodgeError } from '../../base/errors.ts';
import { removeTree } from '../../host/files.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { connectAgent } from '../../qemu/guest-agent.ts';
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
    await pressPowerButton(deps, record, options.detail);
    try {
      await waitForExit(pid, options.timeoutMs, options.signal);
    } catch (error) {
      if (!isLodgeError(error, 'TIMED_OUT')) throw error;
      options.detail(`it did not shut down in ${options.timeoutMs / 1000} s and is ended`);
    }
  }
  await endQemu(deps, record);
}

async function pressPowerButton(deps: GuestDeps, record: GuestRecord, detail: (text: string) => void): Promise<void> {
  const monitor = deps.supervisor.monitorOf(record.spec.name);
  try {
    const agent = await connectAgent(layoutOfGuest(deps.layout, record).agentSocket);
    await agent.shutdown().finally(() => agent.close());
    detail('asked the guest agent');
  } catch {
    // No agent in the guest, or not yet: the button is what every system knows.
    if (monitor !== null) await systemPowerdown(monitor);
    detail('pressed the power button');
  }
}
