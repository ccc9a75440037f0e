import {
  chooseDnsmasqUser,
  findDnsmasq,
  isInOurNamespace,
  reloadDnsmasq,
  startDnsmasq,
  stopDnsmasq,
} from '../../host/dnsmasq.ts';
import { makeDirectory, readIfPresent, removeTree, writeFileAtomically } from '../../host/files.ts';
import { FILES } from '../../model/file-modes.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { NatGuest } from '../../model/nat-guest.ts';
import { renderDnsmasqConfig } from '../../render/dnsmasq-config.ts';
import { renderDhcpHosts, renderDnsHosts } from '../../render/dnsmasq-hosts.ts';

/** Files of the instance's dnsmasq, all below one directory of the run time: dnsmasq itself does not outlive a reboot. */
export function nameServiceFiles(directory: string) {
  return {
    directory,
    config: `${directory}/dnsmasq.conf`,
    pid: `${directory}/dnsmasq.pid`,
    hosts: `${directory}/hosts`,
    dhcpHosts: `${directory}/dhcp-hosts`,
    leases: `${directory}/leases`,
  };
}
export type NameServiceFiles = ReturnType<typeof nameServiceFiles>;

/**
 * DNS, DHCP and router advertisements for exactly these guests: started when it does not run, restarted when its
 * configuration is another one, told to reread its lists when only guests changed, left alone when nothing did.
 */
export async function serveNames(network: NatNetwork, guests: NatGuest[], files: NameServiceFiles): Promise<void> {
  await makeDirectory(files.directory, { mode: FILES.nameServiceDir.mode });
  const config = renderDnsmasqConfig(network, files, await chooseDnsmasqUser(files.directory));
  const pid = await findNameService(files);
  const isSameConfig = (await readIfPresent(files.config)) === config;
  const listsChanged = [
    await writeIfDifferent(files.hosts, renderDnsHosts(guests)),
    await writeIfDifferent(files.dhcpHosts, renderDhcpHosts(guests)),
  ].includes(true);
  if (pid !== null && isSameConfig && (await isInOurNamespace(pid))) {
    if (listsChanged) reloadDnsmasq(pid);
    return;
  }
  await writeFileAtomically(files.config, config, { mode: FILES.nameService.mode, untilReboot: true });
  if (pid !== null) await stopDnsmasq(pid, files.config);
  await startDnsmasq(files.config, files.pid);
}

/** Ends dnsmasq, also a second one that a daemon killed in the middle had just started, and removes its files. */
export async function stopNames(files: NameServiceFiles): Promise<void> {
  for (let pid = await findNameService(files); pid !== null; pid = await findNameService(files)) {
    await stopDnsmasq(pid, files.config);
  }
  await removeTree(files.directory);
}

export async function findNameService(files: NameServiceFiles): Promise<number | null> {
  return findDnsmasq(files.config, files.pid);
}

async function writeIfDifferent(path: string, text: string): Promise<boolean> {
  if ((await readIfPresent(path)) === text) return false;
  await writeFileAtomically(path, text, { mode: FILES.nameService.mode, untilReboot: true });
  return true;
}
