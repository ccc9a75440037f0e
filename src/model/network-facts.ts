/** Facts of 16 MiB have two million values at most. */
export const FACTS_VALUES_MAX = 2_000_000;

/**
 * What a host's network is, as plain JSON: observed once, planned upon, stored as a test fixture, and sent by whoever asks for
 * help (`lodge net facts`). Addresses and MACs are texts as the kernel prints them; names of settings are paths below /proc/sys.
 */
export interface NetworkFacts {
  version: 1;
  takenAtMs: number;
  hostname: string;
  kernelRelease: string;
  links: LinkFact[];
  addresses: AddressFact[];
  /** Of the tables main and those that rules lead to; never `local`. */
  routes: RouteFact[];
  /** Policy rules beyond the kernel's own three (0, 32766, 32767). */
  rules: { family: Family; priority: number; text: string }[];
  neighbours: NeighbourFact[];
  /** Forwarding databases of bridges: what `brctl showmacs` shows. */
  forwardingDatabase: FdbFact[];
  /** `net/ipv4/conf/eth0/proxy_arp -> 0`: what explanation and planning ask for, of `all`, `default` and each link. */
  sysctls: Record<string, string>;
  firewall: FirewallFacts;
  services: ServiceFacts;
  /** Every configuration file of the network that was found, whole. Secrets (Wi-Fi, 802.1X, WireGuard keys) are blanked. */
  files: ConfigFile[];
  /** What this host's kernel and programs can do. */
  abilities: HostAbilities;
}

export type Family = 'ipv4' | 'ipv6';

export interface LinkFact {
  index: number;
  name: string;
  /** `bridge`, `veth`, `tun`, `vlan`, `dummy` …; null for hardware. */
  kind: string | null;
  mac: string | null;
  /** The MAC burnt into the hardware where the driver tells it. */
  permanentMac: string | null;
  mtu: number;
  /** `UP`, `LOWER_UP`, `NOARP` … */
  flags: string[];
  operState: string;
  /** The bridge or bond it is a port of. */
  master: string | null;
  /** The link below a VLAN or macvlan; for a veth its peer where it is in this namespace. */
  parent: string | null;
  vlanId: number | null;
  alias: string | null;
  altNames: string[];
  /** How the link-local address is made: `eui64`, `none`, `stable_secret`, `random`. */
  addrGenMode: string | null;
  /** Only of bridges. */
  bridge: { stp: boolean; forwardDelayMs: number; vlanFiltering: boolean } | null;
  /** Only of ports of a bridge; `state` is the spanning tree's: `forwarding`, `listening`, `blocking` … */
  bridgePort: { state: string; isolated: boolean; learning: boolean } | null;
}

export interface AddressFact {
  link: string;
  family: Family;
  address: string;
  prefixLength: number;
  /** The other end of a point-to-point address (`pointopoint`, `peer`). */
  peer: string | null;
  /** IPv4 only, and only where it is set: `brd` of ip. */
  broadcast?: string | null;
  /** IPv4 only: the old alias name, `eth0:1`; absent where it is the link's own. */
  label?: string | null;
  scope: string;
  /** Given by DHCP or a router advertisement, with a lifetime. */
  isDynamic: boolean;
  noPrefixRoute: boolean;
  isTentative: boolean;
  /** Seconds it stays preferred; null is for ever. 0: deprecated. */
  preferredSec: number | null;
}

export interface RouteFact {
  family: Family;
  /** `default` or a prefix with its length: `203.0.113.0/29`, `198.51.100.20/32`. */
  destination: string;
  /** `unicast`, `unreachable`, `blackhole`, `prohibit` … */
  type: string;
  via: string | null;
  link: string | null;
  /** The preferred source address. */
  source: string | null;
  /** null is the family's default: 0 for IPv4, 1024 for IPv6. */
  metric: number | null;
  /** `kernel`, `boot`, `static`, `ra`, `dhcp` … */
  protocol: string;
  scope: string | null;
  table: string;
  isOnLink: boolean;
  /** `linkdown`, `dead` … */
  flags: string[];
}

export interface NeighbourFact {
  link: string;
  family: Family;
  address: string;
  mac: string | null;
  /** `REACHABLE`, `STALE`, `FAILED`, `PERMANENT` … */
  state: string;
  /** The kernel answers for it on that link. */
  isProxy: boolean;
  isRouter: boolean;
}

export interface FdbFact {
  bridge: string;
  port: string;
  mac: string;
  /** A MAC of the port itself, as `is local?` of brctl. */
  isLocal: boolean;
  /** Somebody set it, and it is not forgotten: `bridge fdb add … static`. Left out where it was learned. */
  isStatic?: boolean | undefined;
}

export interface FirewallFacts {
  /** Base chains on forward and on the bridge hooks. */
  chains: { family: string; table: string; name: string; hook: string; policy: 'accept' | 'drop' }[];
  /** Docker's chains are there. */
  hasDocker: boolean;
  /** The MAC guard, when it is loaded. */
  guard: GuardReading | null;
}

/** What the MAC guard on the uplink has seen since it was loaded. */
export interface GuardReading {
  uplink: string;
  allowedMacs: string[];
  droppedFrames: number;
  /** Source MACs that tried to leave and may not. */
  foreignMacs: string[];
}

/** Which of the programs that configure networks are at work; `absent`: not installed. */
export interface ServiceFacts {
  /** systemd is PID 1. */
  systemd: boolean;
  networking: ServiceState;
  /** ifreload is there: `networking` is ifupdown2. */
  hasIfupdown2: boolean;
  networkd: ServiceState;
  networkManager: ServiceState;
  /** netplan is installed. */
  hasNetplan: boolean;
  cloudInit: ServiceState;
}
export type ServiceState = 'active' | 'inactive' | 'absent';

export interface ConfigFile {
  path: string;
  text: string;
  mode: number;
}

export interface HostAbilities {
  /** nft can hook `netdev egress` (Linux 5.16). */
  netdevEgress: boolean;
  /** bridge-utils' scripts for ifupdown are installed. */
  bridgeUtils: boolean;
}
