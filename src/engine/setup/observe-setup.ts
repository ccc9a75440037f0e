import { installedVersions } from '../../host/apt.ts';
import { readAptSources } from '../../host/apt-sources.ts';
import { isUdevRunning, observeDeviceNode } from '../../host/device-node.ts';
import { readOsRelease } from '../../host/os-release.ts';
import { groupsOf, KVM_GROUP, LODGE_GROUP, lookupGroup, lookupUser, QEMU_USER } from '../../host/users.ts';
import type { SetupFacts } from '../../plan/setup.ts';
import { HOST_PACKAGES } from './packages.ts';

const DEVICES = ['/dev/kvm', '/dev/net/tun'];

/** What set-up has to know of the host: a few small files and one dpkg-query. */
export async function observeSetup(): Promise<SetupFacts> {
  const [installed, sources, release, udevRuns, devices] = await Promise.all([
    installedVersions(HOST_PACKAGES),
    readAptSources(),
    readOsRelease(),
    isUdevRunning(),
    Promise.all(DEVICES.map(observeDeviceNode)),
  ]);
  const kvmGid = lookupGroup(KVM_GROUP)?.gid ?? null;
  const debianCodename = release.id === 'debian' ? release.codename : null;
  return {
    debianCodename,
    missingPackages: HOST_PACKAGES.filter((name) => !installed.has(name)),
    qemuPackageVersion: installed.get('qemu-system-x86') ?? null,
    backportsListed: sources.some((source) => source.suites.includes(`${debianCodename}-backports`)),
    groups: [KVM_GROUP, LODGE_GROUP].filter((name) => lookupGroup(name) !== null),
    users: [QEMU_USER].filter((name) => lookupUser(name) !== null),
    qemuUserInKvm: kvmGid !== null && groupsOf(QEMU_USER).includes(kvmGid),
    udevRuns,
    kvmGid,
    devices: devices.filter((device) => device !== null),
  };
}
