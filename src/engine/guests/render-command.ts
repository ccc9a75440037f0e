import type { Accelerator } from '../../model/guest.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { renderQemuArguments } from '../../render/qemu-arguments.ts';
import type { IdentityFile } from '../../render/qemu-input.ts';
import type { QemuOption } from '../../render/qemu-option.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';
import { identityFilesOf } from './identity.ts';

interface RenderedCommand {
  options: QemuOption[];
  warnings: string[];
  accel: Accelerator;
}

/** The command line with which this guest is, or would be, started. */
export async function renderCommand(deps: GuestDeps, record: GuestRecord): Promise<RenderedCommand> {
  const { spec } = record;
  const accel = await deps.machine.acceleratorFor(spec);
  const image = spec.image === null ? null : deps.images.find(spec.image);
  const identityFiles: IdentityFile[] = await identityFilesOf(deps, record);
  const rendered = renderQemuArguments({
    spec,
    layout: layoutOfGuest(deps.layout, record),
    accel,
    abilities: await deps.machine.abilities(),
    image: image === null ? null : { path: image.path, format: image.format },
    identityFiles,
    firstBoot: !record.hasBooted,
  });
  return { ...rendered, accel };
}
