import { explainError } from '../../base/errors.ts';
import { listDnsmasqs } from '../../host/dnsmasq.ts';
import { exec } from '../../host/exec.ts';
import { readIfPresent } from '../../host/files.ts';
import { listDefaultRouteLinks } from '../../host/ip.ts';
import { listListeners } from '../../host/listeners.ts';
import { hasProgram } from '../../host/programs.ts';
import { readResolvers } from '../../host/resolvers.ts';
import { readSysctl } from '../../host/sysctl.ts';
import type { Ipv6Facts } from '../../plan/doctor-ipv6.ts';
import type { NameFacts } from '../../plan/doctor-names.ts';
import type { NetworkFacts } from '../../plan/judge-host.ts';
import { Ipv6Reader } from '../nat/ipv6-reader.ts';
import { known } from './known.ts';

/** The kinds of objects our rules are made of: a concatenated set, a verdict map, masquerading. Only checked, never set. */
const SAMPLE_RULESET = `
table ip lodge_doctor {
  set senders { type ifname . ipv4_addr; }
  chain guard { iifname . ip saddr != @senders drop; }
  chain forward { type filter hook forward priority filter; iifname vmap { "lodge0" : jump guard }; }
  chain outward { type nat hook postrouting priority srcnat; ip saddr 192.0.2.0/24 masquerade; }
}
table netdev lodge_doctor { }
table bridge lodge_doctor { }
`;

const BRIDGE_SWITCHES = ['bridge-nf-call-iptables', 'bridge-nf-call-ip6tables', 'bridge-nf-call-arptables'];

export async function observeNetworkFacts(): Promise<NetworkFacts> {
  const [nft, forwarding, ipv6, names, bridgeSwitches] = await Promise.all([
    known(findNftRefusal),
    known(observeForwardSwitches),
    known(observeIpv6Facts),
    known(observeNames),
    known(observeBridgeSwitches),
  ]);
  return { nft, forwarding, ipv6, names, bridgeSwitches };
}

async function observeIpv6Facts(): Promise<Ipv6Facts> {
  const uplinks = await listDefaultRouteLinks();
  const settings = await Promise.all(uplinks.map((name) => readSysctl(['net', 'ipv6', 'conf', name, 'disable_ipv6'])));
  return {
    state: await new Ipv6Reader().read(),
    uplinksWithout: uplinks.filter((_, index) => settings[index] === '1'),
    hasGrub: await hasProgram('update-grub'),
  };
}

async function observeNames(): Promise<NameFacts> {
  const [listeners, upstream, ours] = await Promise.all([
    listListeners(),
    readResolvers(),
    listDnsmasqs('/nat/dnsmasq.conf'),
  ]);
  return { listeners, ours, servers: upstream?.servers ?? null };
}

/** `nft --check` sends the rules to the kernel in a transaction that it never commits. */
async function findNftRefusal(): Promise<string | null> {
  try {
    await exec('nft', ['--check', '--file', '-'], { input: SAMPLE_RULESET });
    return null;
  } catch (error) {
    return explainError(error);
  }
}

async function observeForwardSwitches(): Promise<{ ipv4: string | null; ipv6: string | null }> {
  const [ipv4, ipv6] = await Promise.all([
    readIfPresent('/proc/sys/net/ipv4/ip_forward'),
    readIfPresent('/proc/sys/net/ipv6/conf/all/forwarding'),
  ]);
  return { ipv4: ipv4?.trim() ?? null, ipv6: ipv6?.trim() ?? null };
}

async function observeBridgeSwitches(): Promise<Record<string, string> | null> {
  const values = await Promise.all(BRIDGE_SWITCHES.map((name) => readIfPresent(`/proc/sys/net/bridge/${name}`)));
  const found = BRIDGE_SWITCHES.flatMap((name, index): [string, string][] => {
    const value = values[index];
    return value === null || value === undefined ? [] : [[name, value.trim()]];
  });
  return found.length === 0 ? null : Object.fromEntries(found);
}
