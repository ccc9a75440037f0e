import { installedVersions } from '../../host/apt.ts';
import { findPrograms } from '../../host/programs.ts';
import { KVM_GROUP, LODGE_GROUP, lookupGroup, lookupUser, QEMU_USER } from '../../host/users.ts';
import { PROGRAMS_TO_LOOK_FOR } from '../../plan/fix-programs.ts';
import type { HostFacts } from '../../plan/judge-host.ts';
import { HOST_PACKAGES } from '../setup/packages.ts';
import { known } from './known.ts';

export async function observePrograms(): Promise<Pick<HostFacts, 'missingPackages' | 'accounts' | 'programs'>> {
  const [missingPackages, accounts, programs] = await Promise.all([
    known(async () => {
      const installed = await installedVersions(HOST_PACKAGES);
      return HOST_PACKAGES.filter((name) => !installed.has(name));
    }),
    known(async () => ({
      qemuUser: lookupUser(QEMU_USER) !== null,
      lodgeGroup: lookupGroup(LODGE_GROUP) !== null,
      members: lookupGroup(LODGE_GROUP)?.members ?? [],
      kvmGroup: lookupGroup(KVM_GROUP) !== null,
    })),
    findPrograms(PROGRAMS_TO_LOOK_FOR),
  ]);
  return { missingPackages, accounts, programs };
}
