import { makeDirectory, removeTree, writeFileAtomically } from '../../../host/files.ts';
import { hasSystemd } from '../../../host/systemd.ts';
import { FILES } from '../../../model/file-modes.ts';
import type { GuestRecord } from '../../../model/guest-record.ts';
import { guestUnitName, SERVICE_UNIT } from '../../../model/systemd-names.ts';
import type { SystemdUnit } from '../../../qemu/launch.ts';
import { awaitRemains, startQemu } from '../../../qemu/process.ts';
import { toArgv } from '../../../render/qemu-option.ts';
import type { StepContext, StepRunner } from '../../operations/step.ts';
import { endQemu, shutDownQemu } from '../end-qemu.ts';
import { type GuestDeps, guestOf, layoutOfGuest } from '../guest-deps.ts';
import { setPhase } from '../guest-records.ts';
import { renderCommand } from '../render-command.ts';
import { ensureUefiVariables, giveFilesToGuest } from './file-steps.ts';

const START_TIMEOUT_MS = 30_000;
/** What QEMU takes beside the guest's memory, with room: graphics, caches, the code that TCG translates. */
const QEMU_OWN_MIB = 512;

export function chooseAccelerator(deps: GuestDeps): StepRunner {
  return {
    async run({ operation, detail }) {
      const accel = await deps.machine.acceleratorFor(guestOf(deps, operation).spec);
      deps.store.guests.update(operation.subject, { accel });
      detail(`${accel}: ${(await deps.machine.accelerators()).reason}`);
    },
  };
}

export function startGuestQemu(deps: GuestDeps): StepRunner {
  return {
    async run(context) {
      const record = guestOf(deps, context.operation);
      // A daemon that was killed after QEMU's start finds it running already, written down or not.
      const runs = (await deps.supervisor.pidOf(record.spec.name)) !== null;
      if (!runs) await launch(deps, record, context);
      if (!runs || record.runningGeneration === null) await noteStart(deps, record);
      await deps.supervisor.watch(record.spec.name);
      const waits = context.operation.steps.some(({ id }) => id === 'wait-ssh');
      setPhase(deps, record.spec.name, waits ? 'starting' : 'running');
    },
    undo: ({ operation }) => endQemu(deps, guestOf(deps, operation)),
  };
}

async function launch(deps: GuestDeps, record: GuestRecord, { signal }: StepContext): Promise<void> {
  const layout = layoutOfGuest(deps.layout, record);
  const owner = await deps.machine.guestUser(record);
  // Sockets are made by QEMU itself; nobody but root and QEMU may enter. What the last one left there is not relied on.
  await awaitRemains(layout.pidFile);
  await removeTree(layout.runDir);
  await makeDirectory(layout.runDir, { mode: FILES.guestRunDir.mode, owner });
  await writeFileAtomically(layout.pidFile, '', { mode: FILES.qemuPid.mode, owner, untilReboot: true });
  if (record.spec.firmware === 'uefi') await ensureUefiVariables(deps, record, layout.uefiVars);
  await giveFilesToGuest(deps, record);
  const { options, confinement } = await renderCommand(deps, record);
  signal.throwIfAborted();
  await startQemu({
    binary: (await deps.machine.abilities()).binary,
    argv: toArgv(options),
    user: owner,
    confinement,
    systemdUnit: (await hasSystemd()) ? guestUnit(deps, record) : null,
    logs: layout,
    logWriter: await deps.machine.logWriter(),
    pidFile: layout.pidFile,
    startedFile: layout.startedFile,
    qmpSocket: layout.qmpSocket,
    timeoutMs: START_TIMEOUT_MS,
  });
}

async function noteStart(deps: GuestDeps, record: GuestRecord): Promise<void> {
  const { spec, hasBooted, generation } = record;
  const noted = {
    accel: await deps.machine.acceleratorFor(spec),
    bootId: await deps.machine.bootId(),
    hasBooted: true,
    runningGeneration: generation,
    runningSpec: { ...spec, boot: { ...spec.boot, once: hasBooted ? null : spec.boot.once } },
    startedAtMs: deps.clock.nowMs(),
  };
  deps.store.transaction(() => {
    deps.store.guests.update(spec.name, noted);
    // It counted for this start, and is used up.
    if (spec.boot.once !== null) deps.store.guests.become(spec.name, { ...spec, boot: { ...spec.boot, once: null } });
  });
}

function guestUnit({ layout }: GuestDeps, { spec: { name, memoryMiB } }: GuestRecord): SystemdUnit {
  return {
    name: guestUnitName(layout.root, name),
    description: `Lodge guest ${name}${layout.root === '' ? '' : ` of ${layout.root}`}`,
    memoryMaxMiB: memoryMiB + QEMU_OWN_MIB,
    ...(layout.root === '' ? { stoppedAfter: SERVICE_UNIT } : {}),
  };
}

/** Asks nicely, and not for ever: agent or ACPI, then a time limit, then the end. */
export function shutDown(deps: GuestDeps): StepRunner {
  return {
    async run({ operation, signal, detail, warn }) {
      const { timeoutMs } = operation.input as { timeoutMs: number };
      const record = guestOf(deps, operation);
      setPhase(deps, operation.subject, 'stopping');
      const forced = await shutDownQemu(deps, record, { timeoutMs, signal, detail });
      if (forced !== null) warn(forced);
      // Rules follow the phase: one that is to start again stays on the network.
      markEnded(deps, operation.subject, operation.kind === 'guest.restart' ? 'starting' : 'stopped', forced);
    },
  };
}

export function endGuestQemu(deps: GuestDeps): StepRunner {
  return {
    async run({ operation }) {
      await endQemu(deps, guestOf(deps, operation));
      markEnded(deps, operation.subject, operation.kind === 'guest.rm' ? 'removing' : 'stopped');
    },
  };
}

/** A guest that was still being made has gone with its `create`: of the kill there is only that left to say. */
export function endMaking(): StepRunner {
  return { run: async ({ warn }) => warn('it was still being made: nothing of it is left') };
}

function markEnded(
  deps: GuestDeps,
  name: string,
  phase: 'stopped' | 'starting' | 'removing',
  reason: string | null = null,
): void {
  deps.store.guests.update(name, { runningGeneration: null, runningSpec: null });
  setPhase(deps, name, phase, reason);
}

export function forget(deps: GuestDeps): StepRunner {
  return {
    async run({ operation }) {
      // Forgotten already, and perhaps not wholly, by a daemon that was killed before it wrote that down.
      const wasThere = deps.store.guests.find(operation.subject) !== null;
      deps.store.guests.erase(operation.subject, 'silenced');
      if (wasThere) deps.events.publish({ type: 'guest.removed', guest: operation.subject });
    },
  };
}
