import { KEYMAPS } from '../../model/keymaps.ts';
import type { HostMachine } from '../host-machine.ts';

/** The keyboard layouts `--keymap` may name: those of this QEMU, the usual ones while none is installed yet. */
export async function keymapsOf(machine: HostMachine): Promise<string[]> {
  const found = await machine.abilities().then(
    ({ keymaps }) => keymaps,
    () => [],
  );
  return found.length > 0 ? found : KEYMAPS;
}
