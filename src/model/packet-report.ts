/** What a guest does on its network: each is tried by itself in each family. */
export const PACKET_HOPS = [
  'arp',
  'dhcp',
  'router-advertisement',
  'ping',
  'dns-udp',
  'dns-tcp',
  'ssh-from-host',
  'ssh-to-this-guest',
  'guest-to-guest',
  'out',
  'in',
] as const;
export type PacketHop = (typeof PACKET_HOPS)[number];

export type PacketFamily = 'ipv4' | 'ipv6';

/** What kept a packet. `rule` null: the chain's policy did. */
export interface StoppedByRule {
  kind: 'rule';
  /** iptables-legacy keeps its rules apart from nftables. */
  program: 'nft' | 'iptables-legacy';
  family: string;
  table: string;
  /** Where the packet ended, and the chain at the hook by which it came there. */
  chain: string;
  baseChain: string;
  hook: string;
  rule: string | null;
  handle: number | null;
}

/** Not a rule: what the kernel said, in words, and how that is mended (null: no command does). */
export interface StoppedByKernel {
  kind: 'kernel';
  reason: string;
  fix: string | null;
  /** The program whose doing it is, where that is known. */
  owner?: string;
}

/** Which way the packet went that was stopped. `from-outside`: before it was clear that it is a guest's. */
export type PacketSide = 'from-guest' | 'to-guest' | 'from-outside';

export interface PacketStop {
  cause: StoppedByRule | StoppedByKernel;
  side: PacketSide;
  /** Whether it was the first packet or the answer to it. */
  isAnswer: boolean;
}

export interface HopReport {
  hop: PacketHop;
  family: PacketFamily;
  /** The uplink, where the hop has one. */
  link: string | null;
  /** `untried`: `reason` says why. */
  outcome: 'passed' | 'stopped' | 'untried';
  reason: string | null;
  stop: PacketStop | null;
}

/** Another program of the host has made the taps its own, or is about to. */
export interface TakenTaps {
  /** The families in which a tap has lost its address or its route. */
  lost: PacketFamily[];
  /** `systemd-networkd`; null where it does not show who it is. */
  owner: string | null;
  reason: string;
  fix: string | null;
}

/** What became of the packets of a guest, and the commands that mend it: those for now and those that last. */
export interface PacketReport {
  hops: HopReport[];
  fixes: PacketFix[];
  /** Null: the taps are Lodge's alone. */
  taken: TakenTaps | null;
}

export interface PacketFix {
  /** Who wrote the rule, as far as it shows: firewalld, ufw, Docker, iptables, /etc/nftables.conf, nftables. */
  owner: string;
  now: string[];
  /** Empty when nobody can tell where the rule is written down. */
  lasting: string[];
}
