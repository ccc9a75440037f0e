import { type HopReport, PACKET_HOPS, type PacketFamily, type PacketHop } from '../../model/packet-report.ts';
import type { PacketScene } from './scene.ts';

/** The hops that were not tried at all, each with the reason. */
export function untriedHops(scene: PacketScene, tried: readonly HopReport[]): HopReport[] {
  const families = ['ipv4', 'ipv6'] as const;
  return families.flatMap((family) =>
    PACKET_HOPS.filter((hop) => hop !== 'ssh-to-this-guest' && (hop !== 'router-advertisement' || family === 'ipv6'))
      .filter((hop) => !tried.some((each) => each.hop === hop && each.family === family))
      .map((hop) => ({
        hop,
        family,
        link: null,
        outcome: 'untried' as const,
        reason: reasonOf(hop, family, scene),
        stop: null,
      })),
  );
}

function reasonOf(hop: PacketHop, family: PacketFamily, { guest, uplinks }: PacketScene): string {
  const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
  if (guest[family] === null) return `this host has no ${name}`;
  if (hop === 'out') return `the host itself has no way to the internet over ${name}`;
  if (uplinks.some((uplink) => uplink[family] !== null))
    return 'its uplink is no Ethernet: nothing can be brought in there';
  return `no uplink has a public ${name} address`;
}
