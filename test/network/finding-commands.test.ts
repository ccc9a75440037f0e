import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { explainFacts } from '../../src/engine/network/explain.ts';
import { observeNetwork } from '../../src/engine/network/observe.ts';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { ConfigFile, NetworkFacts } from '../../src/model/network-facts.ts';
import type { Finding } from '../../src/model/network-finding.ts';
import { applyFileFix } from '../support/apply-fix.ts';
import { triedBy } from '../support/finding-tries.ts';
import { waysOf } from '../support/fix-ways.ts';
import { runIfup } from '../support/ifup-world.ts';
import { Namespaces } from '../support/netns.ts';
import { addressFact, HOST, MAC, quietFacts } from '../support/network-sample.ts';

/** A host on which one thing is wrong, as commands make it, and how it is wired. */
interface Case {
  id: string;
  about: string;
  /** `bridged`: eth0 is a port of br0, which has the addresses. */
  wired: 'plain' | 'bridged';
  host: HostConfig | null;
  files: Record<string, string>;
  fault: string[];
}

const GUEST = '52:54:00:12:34:56';
const TAP = 'ip tuntap add dev tap0 mode tap';
const SECOND = ['ip link add eth1 type veth peer name far1', 'ip link set eth1 up', 'ip link set far1 up'];
const FILES = {
  '/etc/network/interfaces': 'auto eth0\niface eth0 inet manual\n',
  '/run/network/ifstate': 'eth0=eth0\n',
};

function one(id: string, fault: string[], more: Partial<Case> = {}): Case {
  return { id, about: '', wired: 'plain', host: null, files: {}, fault, ...more };
}

const bridged = { wired: 'bridged' } as const;
const withSubnet = { ...HOST, extraIpv4: [{ kind: 'subnet', prefix: '203.0.113.0/29' }] } as HostConfig;
const withSingle = {
  ...HOST,
  extraIpv4: [{ kind: 'single', address: '198.51.100.20', gateway: null, mac: null }],
} as unknown as HostConfig;
const onLink = { ...HOST, provider: 'ovh', ipv6: { ...HOST.ipv6, mode: 'on-link' } } as HostConfig;

/** With the address 192.0.2.200/26, the default route via 192.0.2.193, and that of IPv6 via fe80::1. */
const CASES: Case[] = [
  one('address-not-in-files', ['ip address add 198.51.100.9/32 dev eth0'], {
    files: { ...FILES, '/etc/network/interfaces': 'auto eth0\niface eth0 inet static\n    address 192.0.2.200/26\n' },
  }),
  one('address-not-running', [], {
    files: { ...FILES, '/etc/network/interfaces': 'auto eth0\niface eth0 inet static\n    address 198.51.100.9/25\n' },
  }),
  one('address-not-running', [], {
    about: 'with a peer',
    files: {
      ...FILES,
      '/etc/network/interfaces':
        'auto eth0\niface eth0 inet static\n    address 198.51.100.9/32\n    pointopoint 198.51.100.1\n',
    },
  }),
  one('address-on-port', ['ip address add 192.0.2.201/26 dev eth0'], bridged),
  one('address-on-port', ['ip address add 2001:db8:7::1/64 dev eth0 nodad'], { ...bridged, about: 'of IPv6' }),
  one('address-on-port', ['ip address add 198.51.100.9 peer 198.51.100.1/32 dev eth0'], {
    ...bridged,
    about: 'with a peer',
  }),
  one('advertisements-stopped', [
    'ip -6 route flush default',
    'sysctl -qw net.ipv6.conf.all.forwarding=1',
    'ip -6 route add default via fe80::1 dev eth0 proto ra',
  ]),
  one('arp-answers-internal', [TAP, 'ip address add 10.0.0.1/24 dev tap0']),
  one(
    'arp-answers-internal',
    [
      'ip address delete 192.0.2.200/26 dev eth0',
      'ip address add 192.0.2.200 peer 192.0.2.193/32 dev eth0',
      'ip route add default via 192.0.2.193 dev eth0',
      TAP,
      'ip address add 10.0.0.1/24 dev tap0',
    ],
    { about: 'of a host whose address has a peer' },
  ),
  one('bridge-mac-not-uplinks', [TAP, 'ip link set tap0 address 00:00:5e:00:53:01', 'ip link set tap0 master br0'], {
    ...bridged,
    host: HOST,
  }),
  one('bridged-frames-filtered', ['sysctl -qw net.bridge.bridge-nf-call-iptables=1'], bridged),
  one(
    'default-route-astray',
    [
      'ip link add br9 type bridge',
      'ip link set br9 up',
      'ip route flush default',
      'ip route add default via 192.0.2.193 dev br9 metric 30 onlink',
    ],
    { host: HOST },
  ),
  one(
    'default-route-astray',
    [
      'ip link add br9 type bridge',
      'ip link set br9 up',
      'ip -6 route flush default',
      'ip -6 route add default via fe80::1 dev br9 metric 30 onlink',
    ],
    { host: HOST, about: 'of IPv6' },
  ),
  one('default-route-missing', ['ip route flush default'], {
    files: {
      ...FILES,
      '/etc/network/interfaces':
        'auto eth0\niface eth0 inet static\n    address 192.0.2.200/26\n    gateway 192.0.2.193\n',
    },
  }),
  one('default-route-missing', ['ip -6 route flush default', 'ip address add 2001:db8:1:2::2/128 dev eth0 nodad'], {
    about: 'of IPv6',
    files: {
      ...FILES,
      '/etc/network/interfaces':
        'auto eth0\niface eth0 inet6 static\n    address 2001:db8:1:2::2/128\n    gateway fe80::1\n',
    },
  }),
  one('default-routes-equal', ['ip route append default via 192.0.2.194 dev eth0']),
  one(
    'default-routes-equal',
    [
      ...SECOND,
      'ip address add 198.51.100.9/24 dev eth1',
      'ip route append default via 198.51.100.1 dev eth1',
      'ip route append default via 192.0.2.194 dev eth0',
    ],
    { about: 'of three' },
  ),
  one(
    'default-routes-equal',
    ['ip -6 route append default via fe80::a dev eth0', 'ip -6 route append default via fe80::b dev eth0'],
    {
      about: 'of IPv6',
    },
  ),
  one(
    'foreign-mac-bridged',
    [...SECOND, 'ip link set eth1 master br0', `bridge fdb add ${GUEST} dev eth1 master dynamic`],
    { ...bridged, host: HOST },
  ),
  one('gateway-not-on-link', [
    'ip address add 198.51.100.9/24 dev eth0',
    'ip route add 198.18.0.0/15 via 198.51.100.1 metric 30',
    'ip address delete 198.51.100.9/24 dev eth0',
  ]),
  one(
    'gateway-not-on-link',
    [
      'ip address add 198.51.100.9/24 dev eth0',
      'ip rule add from 198.51.100.9 lookup 77',
      'ip route add 198.18.0.0/15 via 198.51.100.1 table 77',
      'ip address delete 198.51.100.9/24 dev eth0',
    ],
    { about: 'of another table' },
  ),
  one('link-local-not-of-mac', ['ip link set eth0 addrgenmode none', 'ip -6 address flush dev eth0 scope link'], {
    host: HOST,
  }),
  one(
    'link-local-not-of-mac',
    [
      'ip link set eth0 addrgenmode none',
      'ip -6 address flush dev eth0 scope link',
      'ip -6 address add fe80::77/64 dev eth0 nodad',
    ],
    { host: HOST, about: 'that has another' },
  ),
  one('neighbours-unreachable', [], { host: HOST }),
  one(
    'own-mac-returns',
    [TAP, `ip link set tap0 address fe:${GUEST.slice(3)}`, `bridge fdb add ${GUEST} dev eth0 master dynamic`],
    bridged,
  ),
  one(
    'proxy-arp-on-uplink',
    [
      'sysctl -qw net.ipv4.conf.eth0.proxy_arp=1 net.ipv4.ip_forward=1',
      TAP,
      'ip link set tap0 up',
      'ip route add 198.51.100.20 dev tap0',
    ],
    { host: withSingle },
  ),
  one('proxy-arp-on-uplink', ['sysctl -qw net.ipv4.conf.all.proxy_arp=1'], { about: 'and everywhere' }),
  one('proxy-entry-missing', [TAP, 'ip link set tap0 up', 'ip -6 route add 2001:db8:1:2::a1 dev tap0'], {
    host: onLink,
  }),
  one(
    'route-not-in-files',
    ['ip route add 198.18.0.0/15 via 192.0.2.193 metric 30', 'ip route add 198.18.0.0/15 via 192.0.2.194 metric 20'],
    {
      files: { ...FILES, '/etc/network/interfaces': 'auto eth0\niface eth0 inet static\n    address 192.0.2.200/26\n' },
    },
  ),
  one('route-not-running', [], {
    files: {
      ...FILES,
      '/etc/network/interfaces':
        'auto eth0\niface eth0 inet static\n    address 192.0.2.200/26\n    up ip route add 198.18.0.0/15 via 192.0.2.193 metric 30\n',
    },
  }),
  one('stp-on', ['ip link set br0 type bridge stp_state 1'], bridged),
  one('strict-reverse-path', [
    ...SECOND,
    'ip route add default via 198.51.100.1 dev eth1 metric 900 onlink',
    'sysctl -qw net.ipv4.conf.eth1.rp_filter=1',
  ]),
  one(
    'strict-reverse-path',
    [
      'ip link add eth1.7 type veth peer name far1',
      'ip link set eth1.7 up',
      'ip route add default via 198.51.100.1 dev eth1.7 metric 900 onlink',
      'sysctl -qw net.ipv4.conf.all.rp_filter=1',
    ],
    { about: 'over a link with a dot in its name' },
  ),
  one('unused-addresses-loop', ['sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1'], {
    host: withSubnet,
  }),
];

const WIRING = {
  plain: ['ip address add 192.0.2.200/26 dev eth0'],
  bridged: [
    'ip link add br0 type bridge',
    'ip link set eth0 master br0',
    'ip link set br0 up',
    'ip address add 192.0.2.200/26 dev br0',
  ],
};

/** The settings' file of the machine that runs the test is left alone: what the fix writes there is read back, and the kernel's again. */
const RUN = `set -e
mount --make-rprivate /
mount -t tmpfs none /etc/sysctl.d
sh -ec "$1"
cat /etc/sysctl.d/* 2>/dev/null || true`;

class World {
  readonly #spaces = new Namespaces('fc');
  readonly #case: Case;
  #root = '';

  constructor(one: Case) {
    this.#case = one;
  }

  async open(): Promise<void> {
    this.#root = await mkdtemp(join(tmpdir(), 'lodge-finding-'));
    const { wired, files, fault } = this.#case;
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(this.#root + path), { recursive: true });
      await writeFile(this.#root + path, text);
    }
    for (const name of ['host', 'wire']) await this.#spaces.add(name);
    await this.#spaces.connect('host', 'eth0', 'wire', 'w0');
    const outside = wired === 'plain' ? 'eth0' : 'br0';
    const ways = [
      `ip route add default via 192.0.2.193 dev ${outside}`,
      `ip -6 route add default via fe80::1 dev ${outside}`,
    ];
    for (const line of [`ip link set eth0 address ${MAC}`, ...WIRING[wired], ...ways]) await this.shell(line);
    for (const line of fault) await this.shell(line);
  }

  async shell(line: string): Promise<void> {
    await this.#spaces.run('host', 'sh', ['-ec', line]);
  }

  /** Runs it as somebody types it. Returns the settings that it keeps for the next boot. */
  async type(commands: string): Promise<string[]> {
    const { stdout } = await this.#spaces.run('host', 'unshare', ['--mount', 'sh', '-c', RUN, 'typed', commands]);
    // sysctl says what it has set with blanks.
    return stdout.split('\n').filter((line) => /^net[./]\S+=\S+$/.test(line));
  }

  observe(): Promise<NetworkFacts> {
    return observeNetwork({ root: this.#root, namespace: this.#spaces.nameOf('host') });
  }

  /** Those whose fix has commands: what is left to the reader stays. */
  async findings(): Promise<Finding[]> {
    const { findings } = explainFacts(await this.observe(), this.#case.host);
    return findings.filter(({ id, fix }) => id === this.#case.id && commandsOf(fix).length > 0);
  }

  /** As a boot does with the lines of a file of settings. */
  async load(settings: readonly string[]): Promise<void> {
    await this.#spaces.run('host', 'sysctl', ['-p', '-'], { input: `${settings.join('\n')}\n` });
  }

  async close(): Promise<void> {
    await this.#spaces.close();
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** The ways that a fix leaves open, each as one line for a shell. */
function commandsOf(fix: string | null): string[] {
  return waysOf(fix)
    .map((way) => way.flatMap(({ kind, text }) => (kind === 'command' ? [text] : [])).join('; '))
    .filter((line) => line !== '');
}

for (const one of CASES) {
  const { id, about } = one;
  test(`${id}${about === '' ? '' : ` ${about}`}: a shell runs the fix, and it is gone`, async () => {
    const world = new World(one);
    try {
      await world.open();
      const before = await world.observe();
      const findings = await world.findings();
      assert.ok(findings.length > 0, 'it is not found');
      const settings: string[] = [];
      for (const { fix } of findings) {
        const kept = await world.type(commandsOf(fix)[0] ?? '');
        assert.equal(kept.length > 0, fix?.includes('sysctl -w'), kept.join('\n'));
        settings.push(...kept);
      }
      assert.deepEqual(await world.findings(), [], findings.map(({ fix }) => fix).join('\n'));
      if (settings.length === 0) return;
      await world.load(settings.map((line) => beforeOf(before, line)));
      assert.notDeepEqual(await world.findings(), [], 'with the settings of before it is there again');
      await world.load(settings);
      assert.deepEqual(await world.findings(), [], settings.join('\n'));
    } finally {
      await world.close();
    }
  });
}

/** `net.ipv4.ip_forward=1 -> net.ipv4.ip_forward=0`, as it was. */
function beforeOf({ sysctls }: NetworkFacts, line: string): string {
  const [key = ''] = line.split('=');
  const path = key.includes('/') ? key : key.replaceAll('.', '/');
  assert.ok(sysctls[path] !== undefined, path);
  return `${key}=${sysctls[path]}`;
}

test('broadcast-outside-prefix: ifup without the word sets the right one', async () => {
  const path = '/etc/network/interfaces';
  const text = 'auto eth0\niface eth0 inet static\n    address 192.0.2.200/26\n    broadcast 188.40.110.255\n';
  const findingsAfterIfup = async (files: ConfigFile[]) => {
    const show = 'ifup -a >/dev/null; ip -j -4 address show dev eth0';
    const { text: said } = await runIfup(files, [{ name: 'eth0', mac: MAC, altNames: [] }], ['sh', '-c', show]);
    const [{ local, prefixlen, broadcast }] = JSON.parse(said)[0].addr_info;
    const quiet = quietFacts();
    const facts = { ...quiet, files, addresses: [addressFact('eth0', `${local}/${prefixlen}`, { broadcast })] };
    return { files, found: explainFacts(facts, null).findings.filter(({ id }) => id === 'broadcast-outside-prefix') };
  };
  const { files, found } = await findingsAfterIfup([{ path, text, mode: 0o644 }]);
  assert.equal(found.length, 1);
  const [way = []] = waysOf(found[0]?.fix ?? null);
  const mended = way.reduce((now, part) => applyFileFix(now, part.text) ?? now, files);
  assert.notDeepEqual(mended, files);
  assert.deepEqual((await findingsAfterIfup(mended)).found, []);
});

test('every finding that is said to be tried so has a case', () => {
  const left = triedBy('namespace').filter((id) => !CASES.some((one) => one.id === id));
  assert.deepEqual(left, ['broadcast-outside-prefix'], 'which has a test of its own');
  assert.deepEqual(
    CASES.filter(({ id }) => !triedBy('namespace').includes(id)),
    [],
  );
});
