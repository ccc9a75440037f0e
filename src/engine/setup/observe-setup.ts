import { installedVersions } from '../../host/apt.ts';
import { readAptSources } from '../../host/apt-sources.ts';
import { isUdevRunning, observeDeviceNode } from '../../host/device-node.ts';
import { readIfPresent } from '../../host/files.ts';
import { readOsRelease } from '../../host/os-release.ts';
import { hasSystemd } from '../../host/systemd.ts';
import { groupsOf, KVM_GROUP, LODGE_GROUP, lookupGroup, lookupUser, QEMU_USER } from '../../host/users.ts';
import type { Layout } from '../../model/layout.ts';
import { UNIT_DIRECTORY } from '../../model/systemd-names.ts';
import type { SetupFacts } from '../../plan/setup.ts';
import { renderDaemonUnits } from '../../render/systemd-units.ts';
import { HOST_PACKAGES } from './packages.ts';

const DEVICES = ['/dev/kvm', '/dev/net/tun'];

/** The daemon that set-up would make a service of. */
export interface Installation {
  layout: Pick<Layout, 'root' | 'daemonSocket'>;
  /** Its program and arguments, absolute paths. */
  daemonCommand: readonly string[];
}

/** What set-up has to know of the host: a few small files and one dpkg-query. */
export async function observeSetup(installation: Installation): Promise<SetupFacts> {
  const [installed, sources, release, udevRuns, devices, units] = await Promise.all([
    installedVersions(HOST_PACKAGES),
    readAptSources(),
    readOsRelease(),
    isUdevRunning(),
    Promise.all(DEVICES.map(observeDeviceNode)),
    observeUnits(installation),
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
    units,
  };
}

/** Instances under a LODGE_ROOT are nobody's services: whoever made the root starts them. */
async function observeUnits({ layout, daemonCommand }: Installation): Promise<SetupFacts['units']> {
  if (layout.root !== '' || !(await hasSystemd())) return [];
  const wanted = renderDaemonUnits({ command: daemonCommand, socketPath: layout.daemonSocket, group: LODGE_GROUP });
  const found = await Promise.all(wanted.map(({ name }) => readIfPresent(`${UNIT_DIRECTORY}/${name}`)));
  return wanted.map((unit, index) => ({ ...unit, found: found[index] ?? null }));
}
