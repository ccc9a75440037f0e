/** Keys of a definition that an intent does not speak of: they change no address, route or link. netplan's YAML reference, 1.1. */
export const HARMLESS_KEYS: ReadonlySet<string> = new Set(
  [
    'match set-name renderer critical optional optional-addresses ignore-carrier wakeonlan emit-lldp nameservers',
    'dhcp-identifier dhcp4-overrides dhcp6-overrides ipv6-privacy ipv6-mtu ipv6-address-generation ipv6-address-token',
    'link-local activation-mode receive-checksum-offload transmit-checksum-offload tcp-segmentation-offload',
    'tcp6-segmentation-offload generic-segmentation-offload generic-receive-offload large-receive-offload neigh-suppress',
    'parameters interfaces id link embedded-switch-mode virtual-function-count infiniband-mode ra-overrides',
    'delay-virtual-functions-rebind',
  ].flatMap((line) => line.split(' ')),
);

/** Keys that hold passwords or keys: nothing below them is ever shown. */
export const SECRET_KEYS: ReadonlySet<string> = new Set(['auth', 'access-points', 'key', 'keys', 'peers', 'modem']);

/** Groups of definitions, and what their links are. */
export const GROUP_KINDS = {
  ethernets: 'physical',
  bridges: 'bridge',
  bonds: 'bond',
  vlans: 'vlan',
  'dummy-devices': 'dummy',
  'virtual-ethernets': 'other',
  wifis: 'other',
  modems: 'other',
  tunnels: 'other',
  vrfs: 'other',
  'nm-devices': 'other',
} as const;

export type NetplanGroup = keyof typeof GROUP_KINDS;

/** Groups whose links are there and are not made: they are matched. */
export const MATCHED_GROUPS: ReadonlySet<string> = new Set(['ethernets', 'wifis', 'modems']);
