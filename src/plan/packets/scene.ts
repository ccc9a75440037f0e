import type { Ipv4Address, Ipv6Address, MacAddress } from '../../base/address.ts';
import type { GuestNic } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';

/** A link by which the host reaches the internet. */
export interface SceneUplink {
  name: string;
  /** Null where the link has no Ethernet address: nothing can be brought in there. */
  mac: MacAddress | null;
  ipv4: Ipv4Address | null;
  ipv6: Ipv6Address | null;
  /** By which families a packet to the internet leaves here. */
  leadsOut: { ipv4: boolean; ipv6: boolean };
}

/** What a trial knows before its first packet. */
export interface PacketScene {
  network: NatNetwork;
  /** The address of the host's end of every tap. */
  gatewayMac: MacAddress;
  /** Two guests that are not there: the first does everything, the second is its neighbour. */
  guest: GuestNic;
  neighbour: GuestNic;
  /** A guest that is there and does not answer: the host's own connections to it are followed. */
  watched: GuestNic | null;
  uplinks: SceneUplink[];
  /** The port of the host that the first guest publishes, and where it leads. */
  publishedPort: number;
  guestPort: number;
  /** The first of the port numbers by which the conversations are told apart. */
  firstPort: number;
}

/**
 * Somebody on the internet. Both addresses belong to the AS112 project (RFC 7534, RFC 7535), which exists to take questions that
 * nobody should have asked; what is sent to them here is dropped before it leaves all the same. Addresses of documentation
 * would not do: many firewalls drop those as forged.
 */
export const STRANGER = {
  ipv4: '192.175.48.1' as Ipv4Address,
  ipv6: '2620:4f:8000::1' as Ipv6Address,
  mac: '02:00:00:00:00:01' as MacAddress,
} as const;

export const SSH_PORT = 22;
export const WEB_PORT = 443;
