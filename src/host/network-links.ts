import { type Namespace, readJsonBy, readValues } from './network-command.ts';

interface JsonLink {
  ifindex: number;
  ifname: string;
  /** The link below, or a veth's peer, where it is in the same namespace. */
  link?: string;
  flags: string[];
  mtu: number;
  operstate: string;
  master?: string;
  link_type?: string;
  address?: string;
  permaddr?: string;
  ifalias?: string;
  altnames?: string[];
  inet6_addr_gen_mode?: string;
  linkinfo?: {
    info_kind?: string;
    info_data?: { id?: number; stp_state?: number; forward_delay?: number; vlan_filtering?: number };
    info_slave_kind?: string;
    info_slave_data?: { state?: string; isolated?: boolean; learning?: boolean };
  };
}

/**
 * Of the kernel's netdevice.h. NET_ADDR_PERM: the MAC is the one the hardware came with. NET_ADDR_SET: somebody set it, perhaps to that
 * same one; where it is another, iproute2 tells both.
 */
const OF_HARDWARE: readonly (string | undefined)[] = ['0', '3'];

/** Every link, from `ip -j -d link` and, for the burnt-in MAC, /sys/class/net. */
export async function readLinks(namespace: Namespace) {
  const links = await readJsonBy<JsonLink>(namespace, 'ip', ['-j', '-d', 'link', 'show']);
  const fileOf = ({ ifname }: JsonLink) => `/sys/class/net/${ifname}/addr_assign_type`;
  // `ip netns exec` mounts the /sys of its namespace.
  const assigned = await readValues(namespace, links.map(fileOf));
  return links.map((link) => toLink(link, OF_HARDWARE.includes(assigned.get(fileOf(link)))));
}

function toLink(link: JsonLink, hasPermanent: boolean) {
  const { info_kind: kind = null, info_data: data } = link.linkinfo ?? {};
  const mac = link.address ?? null;
  return {
    index: link.ifindex,
    name: link.ifname,
    kind,
    mac,
    // iproute2 tells the permanent MAC only where it is another one.
    permanentMac: link.permaddr ?? (hasPermanent && kind === null && link.link_type === 'ether' ? mac : null),
    mtu: link.mtu,
    flags: link.flags,
    operState: link.operstate,
    master: link.master ?? null,
    parent: link.link ?? null,
    vlanId: kind === 'vlan' ? (data?.id ?? null) : null,
    alias: link.ifalias ?? null,
    altNames: link.altnames ?? [],
    addrGenMode: link.inet6_addr_gen_mode ?? null,
    bridge: kind === 'bridge' ? toBridge(data) : null,
    bridgePort: toPort(link.linkinfo),
  };
}

function toBridge(data: NonNullable<JsonLink['linkinfo']>['info_data']) {
  return {
    stp: data?.stp_state === 1,
    // The kernel counts in hundredths of a second (USER_HZ).
    forwardDelayMs: (data?.forward_delay ?? 1500) * 10,
    vlanFiltering: data?.vlan_filtering === 1,
  };
}

function toPort(info: JsonLink['linkinfo']) {
  if (info?.info_slave_kind !== 'bridge') return null;
  const { state = 'unknown', isolated = false, learning = true } = info.info_slave_data ?? {};
  return { state, isolated, learning };
}
