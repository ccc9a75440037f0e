import { processWords } from '../../host/process-identity.ts';
import type { Confinement } from '../../model/confinement.ts';
import type { Accelerator } from '../../model/guest.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { renderQemuArguments } from '../../render/qemu-arguments.ts';
import { confinementOf } from '../../render/qemu-confinement.ts';
import type { IdentityFile, QemuInput } from '../../render/qemu-input.ts';
import { type QemuOption, toArgv } from '../../render/qemu-option.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';
import { identityFilesOf } from './identity.ts';

interface RenderedCommand {
  options: QemuOption[];
  warnings: string[];
  confinement: Confinement;
  accel: Accelerator;
}

/** The words of its QEMU's command line, the binary first: of the one that runs, else of the next start. */
export async function commandWords(deps: GuestDeps, record: GuestRecord): Promise<string[]> {
  const pid = await deps.supervisor.pidOf(record.spec.name);
  const running = pid === null ? [] : await processWords(pid);
  if (running.length > 0) return running;
  const { options } = await renderCommand(deps, record);
  return [(await deps.machine.abilities()).binary, ...toArgv(options)];
}

/** The command line with which this guest would be started now. */
export async function renderCommand(deps: GuestDeps, record: GuestRecord): Promise<RenderedCommand> {
  const { spec } = record;
  const accel = await deps.machine.acceleratorFor(spec);
  const image = spec.image === null ? null : deps.images.find(spec.image);
  const identityFiles: IdentityFile[] = await identityFilesOf(deps, record);
  const input: QemuInput = {
    spec,
    layout: layoutOfGuest(deps.layout, record),
    accel,
    abilities: await deps.machine.abilities(),
    image: image === null ? null : { path: image.path, format: image.format },
    identityFiles,
    firstBoot: !record.hasBooted,
  };
  return { ...renderQemuArguments(input), confinement: confinementOf(input), accel };
}
