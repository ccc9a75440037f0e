import { explainError, LodgeError } from '../../base/errors.ts';
import {
  chooseDnsmasqUser,
  findDnsmasq,
  isInOurNamespace,
  reloadDnsmasq,
  startDnsmasq,
  stopDnsmasq,
} from '../../host/dnsmasq.ts';
import { makeDirectory, readIfPresent, removeTree, writeFileAtomically } from '../../host/files.ts';
import { listListeners } from '../../host/listeners.ts';
import { readResolvers } from '../../host/resolvers.ts';
import { listTakenPorts } from '../../host/taken-ports.ts';
import { FILES } from '../../model/file-modes.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import { NAME_PORTS, type NamePorts } from '../../model/name-ports.ts';
import type { Ipv6State } from '../../model/nat-families.ts';
import type { NatGuest } from '../../model/nat-guest.ts';
import { withoutStaleLeases } from '../../parse/leases.ts';
import { chooseNamePorts } from '../../plan/nat-name-ports.ts';
import { type Ipv6Service, renderDnsmasqConfig } from '../../render/dnsmasq-config.ts';
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

/** What runs, or would run: where it listens, and how guests learn their IPv6 address. */
export interface NameService {
  ports: NamePorts;
  ipv6: Ipv6Service;
}

/** Where the service listens: as it was started, when it runs, else at ports that are free. @throws NETWORK_FAILED */
export async function chooseService(files: NameServiceFiles, state: Ipv6State): Promise<NameService> {
  const running = (await findNameService(files)) === null ? null : await readService(files);
  const isFor = (service: NameService) => (service.ipv6 === 'none') === (state !== 'on');
  if (running !== null && isFor(running)) return running;
  const ports = running?.ports ?? chooseNamePorts(await listTakenPorts());
  if (ports !== null) return { ports, ipv6: state === 'on' ? 'dhcp' : 'none' };
  throw await takenError([...NAME_PORTS.dns, ...NAME_PORTS.dhcp]);
}

/** Names who listens there, with what `ss` knows of them. */
async function takenError(ports: readonly number[]): Promise<LodgeError> {
  const holders = (await listListeners()).filter(({ port }) => ports.includes(port));
  const names = holders.map(({ program, pid, port }) => `${program}${pid === null ? '' : ` (pid ${pid})`} at ${port}`);
  const who = names.length === 0 ? 'a program' : [...new Set(names)].join(', ');
  return new LodgeError('NETWORK_FAILED', `guests get no DNS and no DHCP: the ports for it are taken by ${who}`, {
    hint: 'give that program another port in its configuration; then: lodge doctor',
  });
}

/**
 * DNS, DHCP and router advertisements for exactly these guests: started when it does not run, restarted when its
 * configuration is another one or an address is leased to a guest that is gone, told to reread its lists when only guests
 * changed, left alone when nothing did.
 */
export async function serveNames(
  network: NatNetwork,
  guests: NatGuest[],
  files: NameServiceFiles,
  service: NameService,
): Promise<void> {
  await makeDirectory(files.directory, { mode: FILES.nameServiceDir.mode });
  const pid = await findNameService(files);
  const listsChanged = [
    await writeIfDifferent(files.hosts, renderDnsHosts(guests)),
    await writeIfDifferent(files.dhcpHosts, renderDhcpHosts(guests)),
  ].includes(true);
  const isFree = withoutStaleLeases((await readIfPresent(files.leases)) ?? '', guests) === null;
  if (isFree && pid !== null && (await isAsWanted(network, files, service)) && (await isInOurNamespace(pid))) {
    if (listsChanged) reloadDnsmasq(pid);
    return;
  }
  await stopDnsmasq(files.config);
  // It writes the leases that it has, also in its end.
  const leases = withoutStaleLeases((await readIfPresent(files.leases)) ?? '', guests);
  if (leases !== null) await writeIfDifferent(files.leases, leases);
  await start(network, files, service);
}

/** Whether dnsmasq runs as it would be started now: it may have died, or the host asks another DNS server. */
export async function isServing(network: NatNetwork, files: NameServiceFiles, state: Ipv6State): Promise<boolean> {
  const pid = await findNameService(files);
  const running = await readService(files);
  if (pid === null || running === null || (running.ipv6 === 'none') !== (state !== 'on')) return false;
  return isAsWanted(network, files, running);
}

async function isAsWanted(network: NatNetwork, files: NameServiceFiles, service: NameService): Promise<boolean> {
  return (await readIfPresent(files.config)) === (await renderConfig(network, files, service));
}

async function renderConfig(network: NatNetwork, files: NameServiceFiles, service: NameService): Promise<string> {
  const [user, upstream] = await Promise.all([chooseDnsmasqUser(files.directory), readResolvers()]);
  return renderDnsmasqConfig(network, files, { ...service, user, upstream });
}

/** Beside a DHCPv6 server that has port 547 for itself, guests learn their address by router advertisements alone. */
async function start(network: NatNetwork, files: NameServiceFiles, service: NameService): Promise<void> {
  const config = await renderConfig(network, files, service);
  await writeFileAtomically(files.config, config, { mode: FILES.nameService.mode, untilReboot: true });
  try {
    await startDnsmasq(files.config, files.pid);
  } catch (error) {
    if (service.ipv6 === 'dhcp' && /DHCPv6 server socket/.test(explainError(error))) {
      return start(network, files, { ...service, ipv6: 'ra' });
    }
    if (!/Address already in use/i.test(explainError(error))) throw error;
    // Somebody was faster than our look.
    throw await takenError([service.ports.dns, service.ports.dhcp]);
  }
}

/** What the configuration on the disk says, of this version of Lodge; null when it is none, or an older one's. */
async function readService(files: NameServiceFiles): Promise<NameService | null> {
  const text = await readIfPresent(files.config);
  const dns = /^port=(\d+)$/m.exec(text ?? '')?.[1];
  const dhcp = /^dhcp-alternate-port=(\d+),/m.exec(text ?? '')?.[1];
  if (text === null || dns === undefined || dhcp === undefined) return null;
  const ipv6 = !text.includes('enable-ra') ? 'none' : text.includes('ra-only') ? 'ra' : 'dhcp';
  return { ports: { dns: Number(dns), dhcp: Number(dhcp) }, ipv6 };
}

/** Ends dnsmasq, also a second one that a daemon killed in the middle had just started, and removes its files. */
export async function stopNames(files: NameServiceFiles): Promise<void> {
  await stopDnsmasq(files.config);
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
