import type { Confinement } from '../model/confinement.ts';
import type { QemuInput } from './qemu-input.ts';

/**
 * What this guest's QEMU opens by a name, at its start or later. A CD that is put in while it runs is no name: it gets a descriptor.
 *
 *     /usr/bin/qemu-system-x86_64 -> nothing more    /opt/qemu/bin/qemu-system-x86_64 -> /opt/qemu, for its firmware and libraries
 */
export function confinementOf({ spec, layout, image, identityFiles, abilities }: QemuInput): Confinement {
  const named = [image?.path, spec.iso, abilities.uefi?.code, ...identityFiles.map(({ path }) => path)];
  return {
    readFiles: named.filter((path) => typeof path === 'string'),
    writeFiles: [layout.serialLog.pipe],
    readTrees: abilities.binary.startsWith('/usr/') ? [] : [installationOf(abilities.binary)],
    writeTrees: [layout.dir],
    socketTrees: [layout.runDir],
  };
}

function installationOf(binary: string): string {
  const directory = binary.slice(0, binary.lastIndexOf('/'));
  return directory.endsWith('/bin') && directory !== '/bin' ? directory.slice(0, -'/bin'.length) : directory;
}
