import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { NetworkIntent } from '../../src/model/network-intent.ts';
import { parseInterfaces } from '../../src/parse/interfaces.ts';
import { intentOfInterfaces } from '../../src/parse/interfaces-intent.ts';
import { intentWords, runningWords } from '../support/ifup-host.ts';
import { INTERFACES } from '../support/interfaces-corpus.ts';
import { Namespaces } from '../support/netns.ts';

/** Each command of an `up` line is run by a shell as ifupdown runs it. What it does to the kernel is what we read in it. */
const COMMANDS = [
  'route add -net 198.51.100.0/24 gw 192.0.2.1',
  'route add -net 192.0.2.0 netmask 255.255.255.0 gw 192.0.2.1 dev eth0',
  'route add -net 203.0.113.0 netmask 255.255.255.248 gw 192.0.2.1 eth0',
  'route add -host 203.0.113.99 gw 192.0.2.1 metric 5 dev eth0',
  '/sbin/route add 203.0.113.98 eth0 || true',
  'route add 10.0.0.0 gw 192.0.2.1',
  'route add 10.1.2.3 gw 192.0.2.1',
  'route add default gw 192.0.2.1',
  'route add -net default gw 192.0.2.1 eth0',
  'route add -net 10.0.0.0 netmask 255.0.0.0 reject',
  'route -A inet6 add 2001:db8:9::/48 gw fe80::9 dev eth0',
  'route -A inet6 add default gw 2001:db8::1',
  'route --inet6 add 2001:db8:7::7 dev eth0',
  'ip route add 198.18.0.0/15 via 192.0.2.1 dev $IFACE',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
  'ip r a 198.18.4.0/24 via 192.0.2.1 dev ${IFACE} metric 20 >/dev/null 2>&1 || :',
  '/sbin/ip -4 route replace 198.18.5.0/24 via 203.0.113.1 onlink dev "$IFACE" src 192.0.2.20',
  'ip ro append unreachable 203.0.113.0/24 metric 4294967295',
  'ip route prepend 192.0.2.0/24 via 192.0.2.1',
  'ip -6 route add default via fe80::1 dev eth0',
  'ip -6 r add unreachable 2001:db8:1::/64 metric 4294967295',
  'ip -f inet6 route add to 2001:db8:8::/64 via 2001:db8::1 mtu lock 1400',
  'ip route add dev eth0 198.18.6.0/24',
  'ip route add 198.18.6.7 dev eth0 scope link proto static && ip route add 198.18.7.0/24 via 198.18.6.7',
  'ip addr add 198.51.100.20/32 dev eth0',
  'ip a a 198.51.100.21/255.255.255.255 brd + dev eth0 label eth0:1',
  'ip address add 198.51.100.22 peer 198.51.100.23 dev eth0',
  'ip -6 addr add 2001:db8::99/64 dev eth0 nodad preferred_lft 0',
  'ip route del 198.18.0.0/15 || true',
  'ip route add 198.18.0.0/15 via 192.0.2.1; ip route add 198.20.0.0/16 via 192.0.2.1 # both',
  'ip route add \'198.18.0.0/15\' via "192.0.2.1"',
  'ifconfig eth0 inet6 add 2001:db8::77/64',
];

const spaces = new Namespaces('rc');
let plain: string[] = [];

before(async () => {
  await spaces.add('host');
  await spaces.add('wire');
  await spaces.connect('host', 'eth0', 'wire', 'w0');
  await spaces.ip('host', ['address add 192.0.2.20/24 dev eth0', 'address add 2001:db8::2/64 dev eth0 nodad']);
  plain = await runningWords(spaces, 'host');
});
after(() => spaces.close());

for (const command of COMMANDS) {
  test(command, async () => {
    const text = `auto eth0\niface eth0 inet manual\n  up ${command}\n`;
    const intent = intentOfInterfaces(parseInterfaces([{ path: INTERFACES, text }], INTERFACES));
    assert.deepEqual(intent.notUnderstood, []);
    await spaces.run('host', 'sh', ['-c', command], { env: { IFACE: 'eth0' } });
    const running = (await runningWords(spaces, 'host')).filter((line) => !plain.includes(line));
    await undo(intent);
    assert.deepEqual(running, intentWords(intent));
    assert.deepEqual(await runningWords(spaces, 'host'), plain);
  });
}

test('what the program refuses is not read as a route', async () => {
  for (const command of ['route add -net 10.0.0.0 gw 192.0.2.1', 'ip route add 198.18.0.1/15 via 192.0.2.1 sideways']) {
    const text = `auto eth0\niface eth0 inet manual\n  up ${command}\n`;
    const intent = intentOfInterfaces(parseInterfaces([{ path: INTERFACES, text }], INTERFACES));
    assert.deepEqual([intent.routes, intent.notUnderstood.length], [[], 1]);
    await assert.rejects(spaces.run('host', 'sh', ['-c', command]));
  }
});

/** By what was read; what is left shows in the comparison with the state before. */
async function undo({ routes, addresses }: NetworkIntent): Promise<void> {
  const lines = [
    ...routes.toReversed().map(({ family, destination, type, via, metric }) => {
      const target = destination === 'default' && family === 'ipv6' ? '::/0' : destination;
      return `${family === 'ipv6' ? '-6' : '-4'} route delete ${type === 'unicast' ? '' : type} ${target}${via === null ? '' : ` via ${via}`}${metric === null ? '' : ` metric ${metric}`}`;
    }),
    ...addresses.map(({ address, prefixLength, peer }) => {
      return `-${address.includes(':') ? 6 : 4} address delete ${address}${peer === null ? '' : ` peer ${peer}`}/${prefixLength} dev eth0`;
    }),
  ];
  for (const line of lines) await spaces.run('host', 'ip', line.split(/\s+/));
}
