import type { PluggedGuest } from './guest.ts';
import { foreignMacs, outerLink, type TwinView } from './view.ts';

/** Who sent with MACs that the provider does not know; null when nobody did. */
export function foreignMacCause(view: TwinView, guests: readonly PluggedGuest[]): string | null {
  const macs = foreignMacs(view);
  if (macs.length === 0) return null;
  const owners = macs.map((mac) => ownerOf(mac, view, guests));
  return `${owners.join('; ')}: the provider drops its frames and may shut the port`;
}

function ownerOf(mac: string, view: TwinView, guests: readonly PluggedGuest[]): string {
  const { uplink } = view.host;
  const outer = outerLink(view);
  if (outer?.mac === mac && outer.name !== uplink.name) {
    return `${outer.name} has ${mac}, not ${uplink.name}'s ${uplink.mac}: it was created without a pinned MAC`;
  }
  const guest = guests.find((candidate) => candidate.mac === mac);
  if (guest !== undefined) return guestWords(guest, view);
  const link = view.links.find((candidate) => candidate.mac === mac);
  if (link !== undefined) return `${link.name} sends with its own MAC ${mac}, which the provider has not given out`;
  return `something sent with ${mac}, which the provider has not given out and no link has any more`;
}

function guestWords({ name, mac, ipv4 }: PluggedGuest, { host }: TwinView): string {
  const single = host.extraIpv4.find((extra) => extra.kind === 'single' && extra.address === ipv4);
  const given = single?.kind === 'single' ? single.mac : null;
  const right = given === null ? 'which the provider has not given out' : `and the provider gave ${given} for ${ipv4}`;
  return `guest ${name} has the MAC ${mac}, ${right}`;
}
