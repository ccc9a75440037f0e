/** A value that ifupdown makes of another before it runs anything, in the order it does so. */
export type Conversion =
  | 'hardware-address'
  | 'ipv4-netmask-of-address'
  | 'ipv4-address-alone'
  | 'ipv4-broadcast'
  | 'preferred-lifetime-of-alias'
  | 'ipv6-netmask-of-address'
  | 'ipv6-address-alone'
  | 'no-advertisements-with-gateway'
  | 'hexadecimal-local';

export interface InterfacesMethod {
  /** What an option is where the file does not say it, in the order ifupdown adds them. */
  defaults: readonly (readonly [name: string, value: string])[];
  conversions: readonly Conversion[];
}

const NOTHING: InterfacesMethod = { defaults: [], conversions: [] };
const HARDWARE: InterfacesMethod = { defaults: [], conversions: ['hardware-address'] };
const WAIT_FOR_LINK_LOCAL = [
  ['ll-attempts', '60'],
  ['ll-interval', '0.1'],
] as const;
const NO_PREFIX = ['request_prefix', '0'] as const;

/** Families and methods of ifupdown 0.8.41 on Linux, with what `ifquery` shows of them (its *.defn files). */
export const INTERFACES_METHODS: Record<string, Record<string, InterfacesMethod>> = {
  inet: {
    loopback: NOTHING,
    static: {
      defaults: [['broadcast', '+']],
      conversions: ['hardware-address', 'ipv4-netmask-of-address', 'ipv4-address-alone', 'ipv4-broadcast'],
    },
    manual: HARDWARE,
    dhcp: HARDWARE,
    bootp: NOTHING,
    tunnel: NOTHING,
    ppp: NOTHING,
    wvdial: NOTHING,
    ipv4ll: NOTHING,
  },
  inet6: {
    auto: { defaults: [['accept_ra', '2'], NO_PREFIX, ...WAIT_FOR_LINK_LOCAL], conversions: [] },
    loopback: NOTHING,
    static: {
      defaults: [
        ['autoconf', '0'],
        ['preferred-lifetime', ''],
        ['dad-attempts', '60'],
        ['dad-interval', '0.1'],
      ],
      conversions: [
        'hardware-address',
        'preferred-lifetime-of-alias',
        'ipv6-netmask-of-address',
        'ipv6-address-alone',
        'no-advertisements-with-gateway',
      ],
    },
    manual: HARDWARE,
    dhcp: { defaults: [['accept_ra', '1'], NO_PREFIX, ...WAIT_FOR_LINK_LOCAL], conversions: ['hardware-address'] },
    tunnel: NOTHING,
    v4tunnel: { defaults: [['preferred-lifetime', '']], conversions: ['preferred-lifetime-of-alias'] },
    '6to4': {
      defaults: [['preferred-lifetime', '']],
      conversions: ['hexadecimal-local', 'preferred-lifetime-of-alias'],
    },
  },
  ipx: { static: NOTHING, dynamic: NOTHING },
  can: { static: NOTHING },
  meta: { none: NOTHING },
};
