import { writeFileAtomically } from '../../host/files.ts';
import { enableUnit, reloadUnits } from '../../host/systemd.ts';
import { UNIT_DIRECTORY } from '../../model/systemd-names.ts';

/**
 * Writes units and tells systemd. When they are new each is enabled before the next is written, so that a set-up that is
 * broken off finds the last one missing and goes on. Nothing is started: the daemon that runs now was started by hand, holds
 * the lock and carries the very operation; the units take over at the next start or the next boot.
 */
export async function installUnits(action: {
  units: readonly { name: string; text: string }[];
  enable: boolean;
}): Promise<void> {
  for (const { name, text } of action.units) {
    await writeFileAtomically(`${UNIT_DIRECTORY}/${name}`, text);
    if (action.enable) await enableUnit(name);
  }
  if (!action.enable) await reloadUnits();
}
