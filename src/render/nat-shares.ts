import type { NatNetwork } from '../model/guest-network.ts';
import { GUEST_SHARES, type GuestShare, type NameShare, type TapLimit } from '../model/guest-share.ts';
import type { NatFamilies } from '../model/nat-families.ts';
import { natTapPrefix } from '../model/nat-tap-prefix.ts';

/** Packets refused because a guest had its share: names of counters in the table of shares. */
export const SHARE_COUNTERS = [
  'over_connections',
  'over_openings',
  'over_questions',
  'over_neighbours',
  'over_fragments',
] as const;

/** Name of the second table: what it counts has to outlive a change of the rules. */
export function sharesTableName({ tableName }: Pick<NatNetwork, 'tableName'>): string {
  return `${tableName}_shares`;
}

/**
 * One TCP connection carries a hundred questions (2.90, src/config.h, TCP_MAX_QUERIES), of some 30 bytes in a packet that is full of them; one
 * that asks a single question needs 400 bytes. So bytes are counted: what is dropped comes again, and later.
 */
const NAME_BYTES = 'limit rate over 2 kbytes/second burst 16 kbytes';
/**
 * A guest can have connection tracking believe that a connection is over while dnsmasq still has it: two FINs and an ACK behind a gap in
 * the sequence are within the window, and never reach the socket. So places are given beside `ct count`, by what completes the handshake, and are free again when the
 * host itself ends the connection, or when dnsmasq would have (2.90, src/config.h, CHILD_LIFETIME: 150 s). What a guest says behind that
 * end takes none. An id is used again with the addresses and ports that it was made of: a new connection has not ended.
 */
const NAME_PLACES = [1, 2] as const;
const PLACE_HELD = '160s';
/** DHCP, DHCPv6 and questions for routers: each has dnsmasq do some work. */
const REQUESTS = 'limit rate over 5/second burst 30 packets';
/**
 * Addresses of neighbours on the host's links (a /64 on the uplink, say): each that a guest reaches for has an entry in the neighbour
 * table, of 1,024 in all. Next hops are counted: whoever goes by the gateway, to however many, has one.
 */
const NEIGHBOURS = 'limit rate over 5/second burst 60 packets';
const REACHED_FOR = '10m';
/** Of what waits for its rest in the kernel's one queue (fragment-room.ts), of 2 kB each, a guest can have a third. */
const FRAGMENTS = 'limit rate over 2000/second burst 4000 packets';
/** The seconds that a closed connection stays: `ct count` leaves those out. One whose ends were lost has a day instead of five. */
const CLOSED_S = 10;
const TIMES = `established : ${24 * 60 * 60}, time_wait : ${CLOSED_S}, close : ${CLOSED_S}`;

/**
 * What tables of the host, and places in dnsmasq, a guest may take: a limit a tap, as elements with a state of their own. `ct
 * count` counts a connection when its first packet passes, whoever began it, except the host. Packets of connections that are known
 * pay one look. This table is not replaced as the other one is: only elements that are missing or say something else are written, because
 * a limit that is loaded anew has forgotten what it counted. Each set is looked at by itself: what an older Lodge has given a guest
 * that runs on is less, or other, than what this one gives.
 *
 * @param shares how many connections each tap may have
 * @param present the limits that taps have now; null makes the table anew, where there is none or nft does not take its sets as these
 */
export function renderShares(
  network: NatNetwork,
  shares: ReadonlyMap<string, number>,
  { names, present, families }: { names: NameShare; present: readonly TapLimit[] | null; families: NatFamilies },
): string {
  const table = `table ${families === 'both' ? 'inet' : 'ip'} ${sharesTableName(network)}`;
  const tap = `"${natTapPrefix(network)}*"`;
  return [
    ...(present === null ? [table, `delete ${table}`] : []),
    `${table} {`,
    ...SHARE_COUNTERS.map((name) => `  counter ${name} { }`),
    ...renderTimes(families),
    ...renderReached(families),
    ...NAME_PLACES.flatMap((place) => [
      ...renderPlaceSet(`taken${place}`, 'type ifname'),
      ...renderPlaceSet(`holder${place}`, 'typeof ct id'),
    ]),
    ...renderPlaceSet('ended', 'typeof ct id'),
    ...Object.entries(SETS).map(
      ([name, limit]) => `  set ${name} {\n    type ifname\n    ${limit(1, HEAD_NAMES)} counter\n  }`,
    ),
    ...CHAINS.map(([name, hook]) => `  chain ${name} {\n    type filter hook ${hook}; policy accept;\n  }`),
    ...Object.keys(BODIES).map((name) => `  chain ${name} {\n  }`),
    '}',
    `flush ${table}`,
    `${table} {`,
    ...CHAINS.map(([name, , rules]) => renderChain(name, rules(tap))),
    ...Object.entries(BODIES).map(([name, rules]) => renderChain(name, rules(families, names))),
    '}',
    ...GUEST_SHARES.flatMap((share) => {
      const wanted = new Map([...shares].map(([tap, most]) => [tap, SETS[share](most, names)]));
      return renderElements(table, share, wanted, present ?? []);
    }),
    '',
  ].join('\n');
}

/** The elements of one set that go, and those that come. */
function renderElements(
  table: string,
  share: GuestShare,
  wanted: ReadonlyMap<string, string>,
  present: readonly TapLimit[],
): string[] {
  const now = new Map(present.filter((one) => one.share === share).map(({ tap, limit }) => [tap, limit]));
  const gone = [...now].filter(([tap, limit]) => wanted.get(tap) !== limit).map(([tap]) => `"${tap}"`);
  const fresh = [...wanted].filter(([tap, limit]) => now.get(tap) !== limit);
  return [
    ...elements('delete', table, share, gone),
    ...elements(
      'add',
      table,
      share,
      fresh.map(([tap, limit]) => `"${tap}" ${limit} counter`),
    ),
  ];
}

/** A set that stands takes no other head. */
const HEAD_NAMES: NameShare = { perSecond: 50, burst: 250, connections: 2 };

/** Each set is a limit a tap, in the words in which nft lists it. nft wants one in the set's head, too, which no element takes. */
const SETS: Record<GuestShare, (connections: number, names: NameShare) => string> = {
  connections: (most) => `ct count over ${most}`,
  openings: (most) =>
    `limit rate over ${Math.max(25, Math.ceil(most / CLOSED_S))}/second burst ${Math.max(100, most)} packets`,
  questions: (_, { perSecond, burst }) => `limit rate over ${perSecond}/second burst ${burst} packets`,
  name_connections: (_, { connections }) => `ct count over ${connections}`,
  name_bytes: () => NAME_BYTES,
  requests: () => REQUESTS,
  neighbours: () => NEIGHBOURS,
  fragments: () => FRAGMENTS,
};

/** A connection of which no packet has passed yet. */
const UNKNOWN = 'ct status & confirmed == 0';

/** Behind the filter, which refuses what nobody may have or has asked for: that is nobody's share. */
const CHAINS: [string, string, (tap: string) => string[]][] = [
  // Before connection tracking puts them together, at -400.
  ['take_in', 'prerouting priority -450', (tap) => [`iifname ${tap} jump sent_by_guest`]],
  [
    'pass_by',
    'forward priority 1',
    (tap) => [
      `ct status & confirmed != 0 accept`,
      `iifname ${tap} oifname != ${tap} jump reached_by_guest`,
      `iifname ${tap} jump begun_by_guest`,
      `oifname ${tap} jump begun_to_guest`,
    ],
  ],
  ['ask_host', 'input priority 1', (tap) => [`iifname ${tap} jump asked_by_guest`]],
  [
    'answer_guest',
    'output priority 1',
    // A reset without ACK answers a wrong packet, and ends nothing.
    (tap) =>
      ['fin', 'rst'].map(
        (end) => `oifname ${tap} tcp sport 53 tcp flags & (${end} | ack) == ${end} | ack jump ended_by_host`,
      ),
  ],
];

const BODIES: Record<string, (families: NatFamilies, names: NameShare) => string[]> = {
  sent_by_guest: (families) =>
    ['ip frag-off & 0x3fff != 0', ...(families === 'both' ? ['exthdr frag exists'] : [])].map(
      (piece) => `${piece} iifname @fragments counter name over_fragments drop`,
    ),
  reached_by_guest: (families) => [
    ...ofEach(families, (digit, ip) => `iifname . rt ${ip} nexthop @reached${digit} return`),
    'iifname @neighbours counter name over_neighbours drop',
    ...ofEach(families, (digit, ip) => `add @reached${digit} { iifname . rt ${ip} nexthop }`),
  ],
  begun_by_guest: (families) => begun('iifname', families),
  begun_to_guest: (families) => begun('oifname', families),
  asked_by_guest: (families) => [
    `${UNKNOWN} jump begun_by_guest`,
    'udp dport 53 iifname @questions counter name over_questions drop',
    `tcp dport 53 ${UNKNOWN} iifname @name_connections counter name over_questions drop`,
    'tcp dport 53 iifname @name_bytes counter name over_questions drop',
    'tcp dport 53 jump hold_place',
    `udp dport ${families === 'both' ? '{ 67, 547 }' : '67'} iifname @requests counter name over_questions drop`,
    ...(families === 'both'
      ? ['icmpv6 type nd-router-solicit iifname @requests counter name over_questions drop']
      : []),
  ],
  hold_place: (_, { connections }) => [
    'tcp flags & (syn | rst) == syn delete @ended { ct id }',
    'tcp flags & (syn | rst) != 0 return',
    ...NAME_PLACES.map((place) => `ct id @holder${place} return`),
    'ct id @ended return',
    ...NAME_PLACES.slice(0, connections).map((place) => `iifname != @taken${place} goto take_place${place}`),
    'counter name over_questions drop',
  ],
  ...Object.fromEntries(
    NAME_PLACES.map((place) => [
      `take_place${place}`,
      () => [`add @taken${place} { iifname } add @holder${place} { ct id }`],
    ]),
  ),
  ended_by_host: () =>
    NAME_PLACES.map(
      (place) =>
        `ct id @holder${place} delete @taken${place} { oifname } delete @holder${place} { ct id } add @ended { ct id }`,
    ),
};

function renderPlaceSet(name: string, type: string): string[] {
  return [
    `  set ${name} {`,
    `    ${type}`,
    '    flags dynamic,timeout',
    `    timeout ${PLACE_HELD}`,
    '    size 65535',
    '  }',
  ];
}

function begun(side: 'iifname' | 'oifname', families: NatFamilies): string[] {
  return [
    `${side} @openings counter name over_openings drop`,
    `${side} @connections counter name over_connections drop`,
    ...ofEach(families, (digit) => `meta l4proto tcp ct timeout set "times${digit}"`),
  ];
}

/** A rule for each family that guests have. */
function ofEach(families: NatFamilies, rule: (digit: 4 | 6, ip: 'ip' | 'ip6') => string): string[] {
  return families === 'both'
    ? [`meta nfproto ipv4 ${rule(4, 'ip')}`, `meta nfproto ipv6 ${rule(6, 'ip6')}`]
    : [rule(4, 'ip')];
}

function renderReached(families: NatFamilies): string[] {
  const set = (digit: 4 | 6) =>
    `  set reached${digit} {\n    type ifname . ipv${digit}_addr\n    flags dynamic,timeout\n    timeout ${REACHED_FOR}\n    size 65535\n  }`;
  return families === 'both' ? [set(4), set(6)] : [set(4)];
}

function renderChain(name: string, rules: string[]): string {
  return [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }'].join('\n');
}

function renderTimes(families: NatFamilies): string[] {
  const times = (name: string, family: string) =>
    `  ct timeout ${name} {\n    protocol tcp\n    l3proto ${family}\n    policy = { ${TIMES} }\n  }`;
  return [times('times4', 'ip'), ...(families === 'both' ? [times('times6', 'ip6')] : [])];
}

function elements(verb: 'add' | 'delete', table: string, set: string, list: string[]): string[] {
  if (list.length === 0) return [];
  return [`${verb} element ${table.replace(/^table /, '')} ${set} {\n  ${list.join(',\n  ')}\n}`];
}
