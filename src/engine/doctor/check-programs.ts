import { installedVersions } from '../../host/apt.ts';
import { KVM_GROUP, LODGE_GROUP, lookupGroup, lookupUser, QEMU_USER } from '../../host/users.ts';
import type { DoctorCheck } from '../../model/doctor.ts';
import { judgeAccounts, judgePackages } from '../../plan/doctor-programs.ts';
import { HOST_PACKAGES } from '../setup/packages.ts';

export async function checkPrograms(): Promise<DoctorCheck[]> {
  const installed = await installedVersions(HOST_PACKAGES);
  return [
    judgePackages(HOST_PACKAGES.filter((name) => !installed.has(name))),
    judgeAccounts({
      qemuUser: lookupUser(QEMU_USER) !== null,
      lodgeGroup: lookupGroup(LODGE_GROUP) !== null,
      members: lookupGroup(LODGE_GROUP)?.members ?? [],
      kvmGroup: lookupGroup(KVM_GROUP) !== null,
    }),
  ];
}
