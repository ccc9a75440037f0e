import { shellWord } from '../../base/quoting/shell-word.ts';
import { listDnsmasqs } from '../../host/dnsmasq.ts';
import { readLegacyRules } from '../../host/iptables-legacy.ts';
import { listListeners } from '../../host/listeners.ts';
import { routeTo } from '../../host/route-to.ts';
import { readSysctl } from '../../host/sysctl.ts';
import { parseLegacyRules } from '../../parse/legacy-rules.ts';
import type { Conversation } from '../../plan/packets/conversation.ts';
import type { LegacyDrop, RouteRefusal, SilenceFacts } from '../../plan/packets/explain-silence.ts';
import { legacyDrops } from '../../plan/packets/legacy-drops.ts';
import { foreignDhcpv6, muteNameService } from '../../plan/packets/mute-servers.ts';
import { type PacketScene, STRANGER } from '../../plan/packets/scene.ts';

/** Counts what iptables-legacy drops from now on. */
export async function watchLegacy(): Promise<() => Promise<LegacyDrop[]>> {
  const read = async (family: 'ip' | 'ip6') => parseLegacyRules(await readLegacyRules(family));
  const before = await Promise.all([read('ip'), read('ip6')]);
  return async () => [
    ...legacyDrops('ip', before[0], await read('ip')),
    ...legacyDrops('ip6', before[1], await read('ip6')),
  ];
}

/** What else may have kept a packet, asked while everything is still there. */
export async function silenceFacts(
  conversation: Conversation,
  scene: PacketScene,
  legacy: LegacyDrop[],
): Promise<SilenceFacts> {
  const [refusal, mute] = await Promise.all([findRefusal(conversation, scene), findMute(conversation, scene)]);
  return { legacy, refusal, mute };
}

async function findRefusal({ hop, family, link }: Conversation, scene: PacketScene): Promise<RouteRefusal | null> {
  const { guest, neighbour, network } = scene;
  const own = guest[family];
  const gateway = family === 'ipv4' ? network.ipv4Gateway : network.ipv6Gateway;
  const to =
    hop === 'out' ? STRANGER[family] : hop === 'in' ? own : hop === 'guest-to-guest' ? neighbour[family] : gateway;
  const came = hop === 'in' ? { from: STRANGER[family], by: link ?? '' } : { from: own ?? '', by: guest.tap };
  if (to === null || own === null) return null;
  const off = await findForwardingOff(family, came.by);
  const answer = await routeTo(to, came);
  if (answer.kind === 'route' || off !== null) return off;
  if (family === 'ipv4' && (await isWayBackElsewhere(came))) {
    return {
      reason: `its source address has no way back by ${came.by}: rp_filter drops it`,
      fix: `sysctl -w ${shellWord(`net/ipv4/conf/${came.by}/rp_filter=2`)}`,
    };
  }
  return { reason: `the kernel has no route for it: ${answer.said}`, fix: null };
}

/**
 * Whether strict rp_filter drops what came by that link: the answer would take another one. Older kernels say `Invalid cross-device
 * link` of it, newer ones (6.18) the same `Invalid argument` as of everything else.
 */
async function isWayBackElsewhere({ from, by }: { from: string; by: string }): Promise<boolean> {
  const settings = await Promise.all(['all', by].map((name) => readSysctl(['net', 'ipv4', 'conf', name, 'rp_filter'])));
  if (Math.max(...settings.map(Number)) !== 1) return false;
  const back = await routeTo(from);
  return back.kind === 'refused' || back.link !== by;
}

async function findForwardingOff(family: 'ipv4' | 'ipv6', link: string): Promise<RouteRefusal | null> {
  const read = (name: string, key: string) => readSysctl(['net', family, 'conf', name, key]);
  const isOn =
    (await read(link, 'forwarding')) !== '0' && (family === 'ipv4' || (await read('all', 'forwarding')) !== '0');
  if (isOn || (family === 'ipv6' && (await read(link, 'force_forwarding')) === '1')) return null;
  const all = family === 'ipv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
  return { reason: `${link} does not forward ${family === 'ipv4' ? 'IPv4' : 'IPv6'}`, fix: `sysctl -w ${all}=1` };
}

/** Why the host says nothing to what has reached it. */
async function findMute({ hop, family }: Conversation, { network }: PacketScene): Promise<RouteRefusal | null> {
  if (hop === 'ping' && (await readSysctl(['net', 'ipv4', 'icmp_echo_ignore_all'])) === '1' && family === 'ipv4') {
    return {
      reason: 'this host answers no ping (icmp_echo_ignore_all)',
      fix: 'sysctl -w net.ipv4.icmp_echo_ignore_all=0',
    };
  }
  if (hop === 'ping' && family === 'ipv6' && (await readSysctl(['net', 'ipv6', 'icmp', 'echo_ignore_all'])) === '1') {
    return {
      reason: 'this host answers no ping (icmp/echo_ignore_all)',
      fix: 'sysctl -w net.ipv6.icmp.echo_ignore_all=0',
    };
  }
  if (hop === 'dhcp' && family === 'ipv6') return foreignDhcpv6(await listListeners(), await listOurs());
  if (hop !== 'dns-udp' && hop !== 'dns-tcp') return null;
  const own: string[] = family === 'ipv4' ? [network.ipv4Gateway] : [network.ipv6Dns, network.ipv6Gateway];
  const protocol = hop === 'dns-udp' ? 'udp' : 'tcp';
  return muteNameService(await listListeners(), await listOurs(), { protocol, own });
}

/** dnsmasqs of Lodge, of this instance or another one. */
function listOurs(): Promise<number[]> {
  return listDnsmasqs('/nat/dnsmasq.conf');
}
