import type { HopReport, PacketHop } from '../../model/packet-report.ts';

/** What is sent to all on the link, and asks nobody before; a guest that is there is judged by its own packets. */
const TO_ALL: readonly PacketHop[] = ['dhcp', 'router-advertisement', 'ssh-to-this-guest'];

/**
 * The trial knows the gateway's address on the link; a guest has to ask for it, and can send nothing to one address alone when it
 * gets no answer.
 */
export function withoutGateway(hops: readonly HopReport[]): HopReport[] {
  return hops.map((hop) => {
    const asked = hops.find((each) => each.hop === 'arp' && each.family === hop.family);
    const isKept = hop.outcome !== 'passed' || asked?.outcome !== 'stopped' || TO_ALL.includes(hop.hop);
    return isKept ? hop : { ...hop, outcome: asked.outcome, stop: asked.stop };
  });
}
