/**
 * What a guest has a share of: connections at once; new ones a second; questions to DNS; TCP connections to DNS, and what is
 * said in them; DHCP, DHCPv6 and questions for routers; neighbours of the host that it reaches for; fragments of packets.
 */
export const GUEST_SHARES = [
  'connections',
  'openings',
  'questions',
  'name_connections',
  'name_bytes',
  'requests',
  'neighbours',
  'fragments',
] as const;
export type GuestShare = (typeof GUEST_SHARES)[number];

/** What each guest has of the name service, which serves all: questions, and TCP connections at once. */
export interface NameShare {
  perSecond: number;
  burst: number;
  connections: 1 | 2;
}

/** A limit that a tap has now, in the words of nft: `ct count over 4096`, `limit rate over 5/second burst 30 packets`. */
export interface TapLimit {
  tap: string;
  share: GuestShare;
  limit: string;
}

/** Packets of a guest, or to it, that were refused since its share was made. */
export interface ShareRefusal {
  tap: string;
  share: GuestShare;
  packets: number;
}

export type GuestRefusal = Omit<ShareRefusal, 'tap'> & { guest: string };
