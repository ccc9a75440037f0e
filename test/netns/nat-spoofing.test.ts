import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GATEWAY_MAC } from '../../src/engine/nat/tap.ts';
import {
  arpReply,
  duplicateCheck,
  ethernet,
  ipv4Udp,
  ipv6Udp,
  neighbourAdvert,
  redirect,
  routerAdvert,
} from '../support/frames.ts';
import {
  INTERNET,
  type Instance,
  makeDirectory,
  makeHostAndInternet,
  newGuest,
  newNetwork,
  plugGuest,
  removeDirectory,
  startInstance,
} from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';

const IPV6_HEADER_BYTES = 40;
const WRONG_MAC = '52:54:00:00:00:99';
const PORTS = { sourcePort: 1234, targetPort: 9999 };
const spaces = new Namespaces('ns');
const network = newNetwork('');
const liar = newGuest(network, 1);
const other = newGuest(network, 2, [liar]);
const { mac, ipv4: ip4 = '', ipv6: ip6 = '' } = liar.nic as { mac: string; ipv4: string; ipv6: string };
const otherIp4 = String(other.nic.ipv4);
const otherIp6 = String(other.nic.ipv6);
const linkLocal = 'fe80::5054:ff:fe00:1';
let directory = '';
let link: Instance;

/** Sees what the guard let through: the hooks of another table, later than ours. */
const WATCH = `
table inet watch {
  counter saw_udp { }
  counter saw_router_advert { }
  counter saw_neighbour_advert { }
  counter saw_dhcp_server { }
  counter saw_solicit { }
  counter saw_looped { }
  chain handed_back {
    type filter hook prerouting priority -320; policy accept;
    iifname "${liar.nic.tap}" ct state != invalid counter name saw_looped
  }
  chain seen {
    type filter hook prerouting priority 0; policy accept;
    iifname != "${liar.nic.tap}" accept
    udp dport 9999 counter name saw_udp
    icmpv6 type { nd-router-advert, nd-redirect } counter name saw_router_advert
    icmpv6 type nd-neighbor-advert counter name saw_neighbour_advert
    udp sport { 67, 547 } counter name saw_dhcp_server
    icmpv6 type nd-neighbor-solicit ip6 saddr :: counter name saw_solicit
  }
}
table arp watch {
  counter saw_arp { }
  chain seen { 
    type filter hook input priority 100; policy accept;
    iifname "${liar.nic.tap}" counter name saw_arp
  }
}`;

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  for (const guest of [liar, other]) await plugGuest(spaces, network, guest, { isStatic: true });
  link = startInstance(spaces, directory, network);
  for (const { nic } of [liar, other]) await link.call('createTap', nic);
  await link.call('apply', [liar, other]);
  await spaces.nft('host', WATCH);
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

async function seen(): Promise<Record<string, number>> {
  const { stdout } = await spaces.run('host', 'nft', ['-j', 'list', 'counters']);
  const { nftables } = JSON.parse(stdout) as {
    nftables: { counter?: { table: string; name: string; packets: number } }[];
  };
  const counters = nftables.flatMap(({ counter }) => (counter?.table === 'watch' ? [counter] : []));
  return Object.fromEntries(counters.map(({ name, packets }) => [name.replace('saw_', ''), packets]));
}

const send = (frame: Buffer) => spaces.run('web1', 'socat', ['-u', 'STDIN', 'INTERFACE:eth0'], { input: frame });
const toGateway = (type: number, body: Buffer, from = mac) => ethernet({ to: GATEWAY_MAC, from, type, body });
const arp = (senderMac: string, senderIp: string, from = mac) =>
  toGateway(0x0806, arpReply({ senderMac, senderIp, targetMac: GATEWAY_MAC, targetIp: network.ipv4Gateway }), from);
const udp4 = (from: string, frameFrom = mac, ports = PORTS) =>
  toGateway(0x0800, ipv4Udp({ from, to: INTERNET.ipv4, ...ports }), frameFrom);
const udp6 = (from: string, frameFrom = mac, ports = PORTS) =>
  toGateway(0x86dd, ipv6Udp({ from, to: INTERNET.ipv6, ...ports }), frameFrom);
const advert = (target: string, from = linkLocal) =>
  toGateway(0x86dd, neighbourAdvert({ from, to: 'fe80::1', target, mac }));

const LIES: { what: string; frame: () => Buffer; counter: string; seenAs: string }[] = [
  { what: 'IPv4 from a foreign MAC', frame: () => udp4(ip4, WRONG_MAC), counter: 'spoofed_mac', seenAs: 'udp' },
  { what: 'IPv6 from a foreign MAC', frame: () => udp6(ip6, WRONG_MAC), counter: 'spoofed_mac', seenAs: 'udp' },
  { what: 'the IPv4 address of another guest', frame: () => udp4(otherIp4), counter: 'spoofed_ipv4', seenAs: 'udp' },
  { what: 'an IPv4 address of the internet', frame: () => udp4('203.0.113.9'), counter: 'spoofed_ipv4', seenAs: 'udp' },
  { what: 'IPv4 with no address', frame: () => udp4('0.0.0.0'), counter: 'spoofed_ipv4', seenAs: 'udp' },
  {
    what: 'IPv4 to the host’s loopback',
    frame: () => toGateway(0x0800, ipv4Udp({ from: ip4, to: '127.0.0.1', ...PORTS })),
    counter: 'spoofed_ipv4',
    seenAs: 'udp',
  },
  { what: 'the IPv6 address of another guest', frame: () => udp6(otherIp6), counter: 'spoofed_ipv6', seenAs: 'udp' },
  { what: 'a public IPv6 address', frame: () => udp6('2001:db8::99'), counter: 'spoofed_ipv6', seenAs: 'udp' },
  { what: 'the gateway’s link-local address', frame: () => udp6('fe80::1'), counter: 'spoofed_ipv6', seenAs: 'udp' },
  { what: 'ARP for another guest’s address', frame: () => arp(mac, otherIp4), counter: 'spoofed_arp', seenAs: 'arp' },
  { what: 'ARP with a foreign MAC inside', frame: () => arp(WRONG_MAC, ip4), counter: 'spoofed_arp', seenAs: 'arp' },
  { what: 'ARP in a foreign frame', frame: () => arp(mac, ip4, WRONG_MAC), counter: 'spoofed_arp', seenAs: 'arp' },
  {
    what: 'ARP for the gateway',
    frame: () => arp(mac, network.ipv4Gateway),
    counter: 'spoofed_arp',
    seenAs: 'arp',
  },
  {
    what: 'a neighbour advertisement for another guest',
    frame: () => advert(otherIp6),
    counter: 'neighbour_advert',
    seenAs: 'neighbour_advert',
  },
  {
    what: 'a neighbour advertisement for the gateway',
    frame: () => advert('fe80::1'),
    counter: 'neighbour_advert',
    seenAs: 'neighbour_advert',
  },
  {
    what: 'a router advertisement',
    frame: () => toGateway(0x86dd, routerAdvert({ from: linkLocal, to: 'ff02::1' })),
    counter: 'router_advert',
    seenAs: 'router_advert',
  },
  {
    what: 'a redirect',
    frame: () =>
      toGateway(0x86dd, redirect({ from: linkLocal, to: 'fe80::1', target: linkLocal, about: INTERNET.ipv6 })),
    counter: 'router_advert',
    seenAs: 'router_advert',
  },
  {
    what: 'an answer of a DHCP server',
    frame: () => udp4(ip4, mac, { sourcePort: 67, targetPort: 68 }),
    counter: 'dhcp_server',
    seenAs: 'dhcp_server',
  },
  {
    what: 'an answer of a DHCPv6 server',
    frame: () => udp6(ip6, mac, { sourcePort: 547, targetPort: 546 }),
    counter: 'dhcp_server',
    seenAs: 'dhcp_server',
  },
];

for (const { what, frame, counter, seenAs } of LIES) {
  test(`${what} is counted as ${counter} and goes no further`, async () => {
    const before = { refused: (await link.call('observe')).refusedPackets, seen: await seen() };
    await send(frame());
    const refused = await eventually(`${counter} counts`, async () => {
      const { refusedPackets } = await link.call('observe');
      return (refusedPackets[counter] ?? 0) > (before.refused[counter] ?? 0) ? refusedPackets : null;
    });
    assert.equal(refused[counter], (before.refused[counter] ?? 0) + 1);
    assert.equal((await seen())[seenAs], before.seen[seenAs]);
  });
}

const TRUTHS: { what: string; frame: () => Buffer; seenAs: string }[] = [
  { what: 'its own IPv4 address', frame: () => udp4(ip4), seenAs: 'udp' },
  { what: 'its own IPv6 address', frame: () => udp6(ip6), seenAs: 'udp' },
  { what: 'ARP about itself', frame: () => arp(mac, ip4), seenAs: 'arp' },
  { what: 'an ARP probe without an address', frame: () => arp(mac, '0.0.0.0'), seenAs: 'arp' },
  { what: 'a neighbour advertisement for itself', frame: () => advert(ip6), seenAs: 'neighbour_advert' },
  { what: 'a check for duplicates', frame: () => toGateway(0x86dd, duplicateCheck(ip6)), seenAs: 'solicit' },
  { what: 'one for its link-local address', frame: () => advert(linkLocal), seenAs: 'neighbour_advert' },
];

/** What could refuse each of the true frames. The guest's kernel has words of its own: what else counts is not about these. */
const COULD_REFUSE: Record<string, string[]> = {
  udp: ['spoofed_mac', 'spoofed_ipv4', 'spoofed_ipv6'],
  arp: ['spoofed_mac', 'spoofed_arp'],
  neighbour_advert: ['spoofed_mac', 'spoofed_ipv6', 'neighbour_advert'],
  solicit: ['spoofed_mac', 'spoofed_ipv6'],
};

for (const { what, frame, seenAs } of TRUTHS) {
  test(`${what} passes the same guard, from the same sender`, async () => {
    const before = { refused: (await link.call('observe')).refusedPackets, seen: await seen() };
    await send(frame());
    await eventually(`${seenAs} is seen`, async () => ((await seen())[seenAs] ?? 0) > (before.seen[seenAs] ?? 0));
    const { refusedPackets } = await link.call('observe');
    for (const counter of COULD_REFUSE[seenAs] ?? []) {
      assert.equal(refusedPackets[counter], before.refused[counter], counter);
    }
  });
}

const HOST_WORDS: { what: string; say: () => Promise<unknown> }[] = [
  {
    what: 'a router advertisement',
    say: () => {
      const advert = routerAdvert({ from: 'fe80::1', to: 'ff02::1' }).subarray(IPV6_HEADER_BYTES);
      return spaces.run('host', 'socat', ['-u', 'STDIN', `IP6-SENDTO:[ff02::1%${liar.nic.tap}]:58`], { input: advert });
    },
  },
  {
    what: 'an IPv6 ping',
    say: () => spaces.run('host', 'ping', ['-6', '-c1', '-w1', `ff02::1%${liar.nic.tap}`], { okExitCodes: [0, 1] }),
  },
  {
    what: 'an answer of its DHCP server',
    say: () => {
      const to = `UDP4-SENDTO:255.255.255.255:68,bind=:67,broadcast,reuseaddr,so-bindtodevice=${liar.nic.tap}`;
      return spaces.run('host', 'socat', ['-u', 'STDIN', to], { input: Buffer.alloc(8) });
    },
  },
];

for (const { what, say } of HOST_WORDS) {
  test(`${what} that the host itself sends to all on a tap is not counted as the guest’s`, async () => {
    const refused = async () => (await link.call('observe')).refusedPackets;
    const before = { refused: await refused(), looped: (await seen()).looped };
    await say();
    await eventually('the kernel hands it back', async () => ((await seen()).looped ?? 0) > (before.looped ?? 0));
    assert.deepEqual(await refused(), before.refused);
  });
}

test('a tap that no rule knows yet is shut, and the host keeps silent about the guests’ network on its uplink', async () => {
  await link.call('apply', [other]);
  const before = await seen();
  await send(udp4(ip4));
  await eventually('spoofed_mac counts', async () => (await link.call('observe')).refusedPackets.spoofed_mac === 1);
  assert.equal((await seen()).udp, before.udp);
  const asks = ['-c1', '-w1', '-I', 'eth0', network.ipv4Gateway];
  await spaces.ip('internet', [`route replace ${network.ipv4Gateway} dev eth0`]);
  const ping = await spaces.run('internet', 'ping', asks, { okExitCodes: [0, 1, 2] });
  assert.match(ping.stdout, /100% packet loss/);
});
