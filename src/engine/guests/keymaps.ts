import type { HostMachine } from '../host-machine.ts';

/** Layouts every QEMU of Debian ships: the answer while none is installed yet. */
const USUAL =
  'ar bepo cz da de de-ch en-gb en-us es et fi fo fr fr-be fr-ca fr-ch hr hu is it ja lt lv mk nl no pl pt pt-br ru sl sv th tr';

/** The keyboard layouts `--keymap` may name. */
export async function keymapsOf(machine: HostMachine): Promise<string[]> {
  const found = await machine.abilities().then(
    ({ keymaps }) => keymaps,
    () => [],
  );
  return found.length > 0 ? found : USUAL.split(' ');
}
