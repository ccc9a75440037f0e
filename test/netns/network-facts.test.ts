import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { isLodgeError } from '../../src/base/errors.ts';
import { digestFacts, observeNetwork } from '../../src/engine/network/observe.ts';
import { exec } from '../../src/host/exec.ts';
import { runCalls } from '../../src/host/run-calls.ts';
import type { NetworkFacts } from '../../src/model/network-facts.ts';
import { readFactsJson } from '../../src/parse/facts-json.ts';
import { renderGuardLoad, renderGuardUnload } from '../../src/render/mac-guard.ts';
import { eventually, Namespaces } from '../support/netns.ts';

const OBSERVE = join(import.meta.dirname, '../../src/engine/network/observe.ts');
const UPLINK_MAC = '02:00:5e:10:00:01';
const GUEST_MAC = '02:00:5e:10:00:99';
const spaces = new Namespaces('nf');
let root = '';

/** A host with br0 over eth0, a guest on it, a VRF-like rule, proxies and routes that lead nowhere. */
before(async () => {
  root = await mkdtemp('/tmp/lodge-facts-');
  for (const name of ['host', 'wire', 'guest']) await spaces.add(name);
  await spaces.connect('host', 'eth0', 'wire', 'wire0');
  // The guest says nothing of its own: no router solicitation, no multicast report.
  await spaces.sysctl('guest', 'net.ipv6.conf.default.disable_ipv6', '1');
  await spaces.connect('host', 'port1', 'guest', 'eth0');
  await spaces.ip('host', [
    `link set eth0 address ${UPLINK_MAC}`,
    `link add br0 address ${UPLINK_MAC} type bridge stp_state 0 forward_delay 200`,
    'link set eth0 master br0',
    'link set port1 master br0',
    'link set br0 up',
    'link set eth0 alias to-the-provider',
    'address add 192.0.2.200 peer 192.0.2.193 dev br0',
    'address add 198.51.100.20/32 dev br0 noprefixroute',
    'address add 2001:db8:1:2::2/64 dev br0 nodad',
    'route add default via 192.0.2.193 dev br0 onlink',
    'route add unreachable 203.0.113.0/29 metric 4294967295',
    'route add 10.1.0.0/16 via 192.0.2.193',
    'route add 10.2.0.0/16 nexthop via 192.0.2.193 dev br0 nexthop via 192.0.2.194 dev br0 onlink',
    'route add default via fe80::1 dev br0',
    'route add unreachable 2001:db8:1:3::/64 metric 4294967295',
    'rule add from 198.51.100.20 lookup 100',
    'route add default via 192.0.2.193 dev br0 table 100',
    'route add 10.9.0.0/16 via 192.0.2.193 table 200',
    'neigh add proxy 198.51.100.30 dev br0',
    'neigh add proxy 2001:db8:1:2::a1 dev br0',
    'neigh add 192.0.2.193 lladdr 02:00:5e:10:00:fe dev br0 nud permanent',
  ]);
  await spaces.ip('wire', ['address add 192.0.2.193/24 dev wire0']);
  await spaces.ip('guest', [`link set eth0 address ${GUEST_MAC}`, 'address add 192.0.2.250/24 dev eth0']);
});

after(async () => {
  await spaces.close();
  await rm(root, { recursive: true, force: true });
});

function observe(): Promise<NetworkFacts> {
  return observeNetwork({ root, namespace: spaces.nameOf('host') });
}

/** Neighbours come and go by themselves, lifetimes run, and 40 ms of multicast may pass. */
function lasting({ takenAtMs: _, neighbours: __, forwardingDatabase: ___, addresses, ...rest }: NetworkFacts) {
  return { ...rest, addresses: addresses.map((address) => ({ ...address, isTentative: false })) };
}

async function put(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(root + path), { recursive: true });
  await writeFile(root + path, text, { mode });
}

test('links are read with their kinds, masters and bridge settings', async () => {
  const { links } = await observe();
  const eth0 = links.find(({ name }) => name === 'eth0');
  assert.ok(eth0 !== undefined);
  const { kind, mac, permanentMac, master, alias, addrGenMode, bridgePort } = eth0;
  assert.deepEqual(
    { kind, mac, permanentMac, master, alias, addrGenMode, bridgePort },
    {
      kind: 'veth',
      mac: UPLINK_MAC,
      permanentMac: null,
      master: 'br0',
      alias: 'to-the-provider',
      addrGenMode: 'eui64',
      bridgePort: { state: 'forwarding', isolated: false, learning: true },
    },
  );
  const br0 = links.find(({ name }) => name === 'br0');
  assert.deepEqual(br0?.bridge, { stp: false, forwardDelayMs: 2000, vlanFiltering: false });
  assert.equal(links.find(({ name }) => name === 'lo')?.bridge, null);
});

test('addresses have their peers and flags', async () => {
  const { addresses } = await observe();
  const find = (text: string) => addresses.find(({ address }) => address === text);
  assert.equal(find('192.0.2.200')?.peer, '192.0.2.193');
  assert.equal(find('192.0.2.200')?.prefixLength, 32);
  assert.equal(find('198.51.100.20')?.noPrefixRoute, true);
  assert.deepEqual([find('2001:db8:1:2::2')?.prefixLength, find('2001:db8:1:2::2')?.scope], [64, 'global']);
});

test('routes of the table main and those that rules lead to are read, each next hop for itself', async () => {
  const { routes, rules } = await observe();
  const text = routes
    .filter(({ destination, protocol }) => destination !== 'fe80::/64' && protocol !== 'kernel')
    .map(
      ({ type, destination, via, link, metric, table, isOnLink }) =>
        `${type} ${destination} ${via} ${link} ${metric} ${table}${isOnLink ? ' onlink' : ''}`,
    );
  assert.deepEqual(text.sort(), [
    'unicast 10.1.0.0/16 192.0.2.193 br0 null main',
    'unicast 10.2.0.0/16 192.0.2.193 br0 null main',
    'unicast 10.2.0.0/16 192.0.2.194 br0 null main onlink',
    'unicast default 192.0.2.193 br0 null 100',
    'unicast default 192.0.2.193 br0 null main onlink',
    'unicast default fe80::1 br0 null main',
    'unreachable 2001:db8:1:3::/64 null null 4294967295 main',
    'unreachable 203.0.113.0/29 null null 4294967295 main',
  ]);
  assert.deepEqual(rules, [{ family: 'ipv4', priority: 32765, text: 'from 198.51.100.20 lookup 100' }]);
});

test('proxies are among the neighbours, and a permanent neighbour keeps its MAC', async () => {
  const { neighbours } = await observe();
  const proxies = neighbours.filter(({ isProxy }) => isProxy).map(({ address, link }) => `${address} ${link}`);
  assert.deepEqual(proxies.sort(), ['198.51.100.30 br0', '2001:db8:1:2::a1 br0']);
  const router = neighbours.find(({ address, isProxy }) => address === '192.0.2.193' && !isProxy);
  assert.deepEqual([router?.mac, router?.state], ['02:00:5e:10:00:fe', 'PERMANENT']);
});

test('the MAC of a guest that has spoken is in the forwarding database, on its port', async () => {
  await spaces.run('guest', 'ping', ['-c1', '-W1', '192.0.2.193'], { okExitCodes: [0, 1] });
  const { forwardingDatabase } = await observe();
  assert.ok(
    forwardingDatabase.some(
      ({ bridge, port, mac, isLocal }) => `${bridge} ${port} ${mac} ${isLocal}` === `br0 port1 ${GUEST_MAC} false`,
    ),
  );
  assert.ok(forwardingDatabase.some(({ mac, isLocal }) => mac === UPLINK_MAC && isLocal));
  assert.ok(
    forwardingDatabase.every(({ mac }) => !/^(33:33|01:00:5e)/.test(mac)),
    'multicast filters are no members',
  );
});

test('settings are those of the namespace, of all, default and each link', async () => {
  await spaces.sysctl('host', 'net.ipv4.conf.eth0.proxy_arp', '1');
  const { sysctls } = await observe();
  assert.equal(sysctls['net/ipv4/conf/eth0/proxy_arp'], '1');
  assert.equal(sysctls['net/ipv4/conf/br0/proxy_arp'], '0');
  assert.ok(sysctls['net/ipv4/ip_forward'] !== undefined);
  assert.ok(sysctls['net/ipv6/conf/all/forwarding'] !== undefined);
  await spaces.sysctl('host', 'net.ipv4.conf.eth0.proxy_arp', '0');
});

test('the guard is read with what it has dropped, whichever hook it hangs on', async (t) => {
  const asks = ['-c1', '-W1', '192.0.2.193'];
  // With a neighbour that is known the guest sends the one frame, and no ARP that is repeated into the next check.
  await spaces.ip('guest', ['neigh replace 192.0.2.193 lladdr 02:00:5e:10:00:fe dev eth0 nud permanent']);
  t.after(() => spaces.ip('guest', ['neigh del 192.0.2.193 dev eth0']));
  for (const hook of ['netdev-egress', 'bridge'] as const) {
    const guard = { uplink: 'eth0', allowedMacs: [UPLINK_MAC], hook };
    await runCalls(renderGuardLoad(guard), { namespace: spaces.nameOf('host') });
    try {
      const fresh = (await observe()).firewall.guard;
      assert.deepEqual(fresh, { uplink: 'eth0', allowedMacs: [UPLINK_MAC], droppedFrames: 0, foreignMacs: [] }, hook);
      await spaces.run('guest', 'ping', asks, { okExitCodes: [0, 1] });
      const seen = await eventually('a dropped frame', async () => {
        const { guard } = (await observe()).firewall;
        return guard !== null && guard.droppedFrames > 0 ? guard : null;
      });
      assert.deepEqual(seen.foreignMacs, [GUEST_MAC], hook);
    } finally {
      await runCalls(renderGuardUnload(guard), { namespace: spaces.nameOf('host') });
    }
    assert.equal((await observe()).firewall.guard, null, hook);
  }
});

test('chains that decide over forwarded packets are read, Docker among them', async () => {
  await spaces.nft(
    'host',
    'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }\nchain DOCKER-USER { }\n}\ntable inet mine { chain in { type filter hook input priority 0; }\n}',
  );
  const { firewall } = await observe();
  assert.deepEqual(firewall.chains, [
    { family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop' },
  ]);
  assert.equal(firewall.hasDocker, true);
  await spaces.nft('host', 'delete table ip filter\ndelete table inet mine');
});

test('a namespace looks the same from outside and from inside', async () => {
  const program = `const { observeNetwork } = await import(${JSON.stringify(OBSERVE)}); console.log(JSON.stringify(await observeNetwork({ root: ${JSON.stringify(root)} })));`;
  const { stdout } = await spaces.run('host', process.execPath, ['--input-type=module', '-e', program]);
  assert.deepEqual(lasting(JSON.parse(stdout)), JSON.parse(JSON.stringify(lasting(await observe()))));
});

test('without root what may be read is read, and the firewall is not a failure', async () => {
  const program = `const { observeNetwork } = await import(${JSON.stringify(OBSERVE)}); console.log(JSON.stringify(await observeNetwork({ root: '' })));`;
  const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath];
  const words = [...asNobody, '--input-type=module', '-e', program];
  const { stdout } = await spaces.run('host', 'setpriv', words);
  const facts = JSON.parse(stdout) as NetworkFacts;
  assert.equal(facts.firewall.guard, null);
  assert.deepEqual(facts.links, (await observe()).links);
  assert.equal(readFactsJson(facts).ok, true);
});

test('without nft there is no guard and no chain', async () => {
  const bin = `${root}/bin`;
  await mkdir(bin);
  for (const name of ['ip', 'bridge', 'grep']) {
    await symlink((await exec('which', [name])).stdout.trim(), `${bin}/${name}`);
  }
  const path = process.env.PATH;
  process.env.PATH = bin;
  try {
    const { firewall, links } = await observe();
    assert.deepEqual(firewall, { chains: [], hasDocker: false, guard: null });
    assert.equal(links.length, 4);
  } finally {
    process.env.PATH = path;
  }
});

test('files are read below the root with what they source, and without secrets', async () => {
  await put(
    '/etc/network/interfaces',
    'source interfaces.d/*\nsource-directory more\nsource /srv/net/*.conf\niface lo inet loopback\n',
  );
  await put('/etc/network/interfaces.d/wlan', 'iface wlan0 inet dhcp\n  wpa-ssid home\n  wpa-psk deadbeef\n');
  await put('/etc/network/more/eth1', 'iface eth1 inet manual\nsource deeper\n');
  await put('/etc/network/more/deeper', 'iface eth2 inet manual\n');
  await put('/srv/net/a.conf', 'iface eth3 inet manual\n');
  await put('/srv/net/b.txt', 'iface eth4 inet manual\n');
  await put('/etc/systemd/network/10-wg.netdev', '[WireGuard]\nPrivateKey=aaaa=\nPrivateKeyFile=/etc/wg.key\n', 0o640);
  await put('/etc/systemd/network/20-eth0.network.d/10.conf', '[Network]\nDHCP=yes\n');
  await symlink('/dev/null', `${root}/etc/systemd/network/99-default.link`);
  await put('/etc/netplan/60.yaml', 'network:\n  wifis:\n    w:\n      auth:\n        password: "hunter2"\n', 0o600);
  await put('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
  const { files } = await observe();
  assert.deepEqual(
    files.map(({ path }) => path),
    [
      '/etc/netplan/60.yaml',
      '/etc/network/interfaces',
      '/etc/network/interfaces.d/wlan',
      '/etc/network/more/deeper',
      '/etc/network/more/eth1',
      '/etc/resolv.conf',
      '/etc/systemd/network/10-wg.netdev',
      '/etc/systemd/network/20-eth0.network.d/10.conf',
      '/etc/systemd/network/99-default.link',
      '/srv/net/a.conf',
    ],
  );
  const text = JSON.stringify(files);
  for (const secret of ['deadbeef', 'aaaa', 'hunter2']) assert.ok(!text.includes(secret), secret);
  assert.ok(text.includes('PrivateKeyFile=/etc/wg.key'));
  assert.equal(files.find(({ path }) => path.endsWith('.netdev'))?.mode, 0o640);
  assert.equal(files.find(({ path }) => path.endsWith('.link'))?.text, '');
});

test('the digest stays through counters, guests and neighbours, and changes with what a plan rests on', async () => {
  const first = digestFacts(await observe());
  await spaces.run('guest', 'ping', ['-c2', '-i0.1', '-W1', '192.0.2.193'], { okExitCodes: [0, 1] });
  await spaces.ip('host', [
    'tuntap add lg2c470001 mode tap',
    'link set lg2c470001 up',
    'route add 10.83.16.2/32 dev lg2c470001',
  ]);
  assert.equal(digestFacts(await observe()), first, 'a guest of ours came');
  await spaces.ip('host', ['link delete lg2c470001']);
  const changes: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      'an address',
      () => spaces.ip('host', ['address add 192.0.2.77/32 dev br0']),
      () => spaces.ip('host', ['address delete 192.0.2.77/32 dev br0']),
    ],
    [
      'a route',
      () => spaces.ip('host', ['route add 10.7.0.0/16 via 192.0.2.193']),
      () => spaces.ip('host', ['route delete 10.7.0.0/16']),
    ],
    [
      'a setting',
      () => spaces.sysctl('host', 'net.ipv4.conf.br0.arp_ignore', '1'),
      () => spaces.sysctl('host', 'net.ipv4.conf.br0.arp_ignore', '0'),
    ],
    ['a MAC', () => spaces.ip('host', ['link set port1 address 02:00:00:00:00:07']), () => Promise.resolve()],
    [
      'a file',
      () => put('/etc/network/interfaces.d/new', 'auto eth9\n'),
      () => rm(`${root}/etc/network/interfaces.d/new`),
    ],
  ];
  for (const [what, change, undo] of changes) {
    const beforeChange = digestFacts(await observe());
    await change();
    assert.notEqual(digestFacts(await observe()), beforeChange, what);
    await undo();
  }
});

test('a namespace that is not there is an error, not an empty network', async () => {
  await assert.rejects(observeNetwork({ root, namespace: 'no-such-space' }), (error) =>
    isLodgeError(error, 'COMMAND_FAILED'),
  );
});
