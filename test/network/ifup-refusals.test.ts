import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parseInterfaces } from '../../src/parse/interfaces.ts';
import { intentOfInterfaces } from '../../src/parse/interfaces-intent.ts';
import { BOOT_HOST, bootedHost, DELIVERED } from '../support/boot-world.ts';
import { intentWords, runningWords } from '../support/ifup-host.ts';
import { INTERFACES } from '../support/interfaces-corpus.ts';
import { Namespaces } from '../support/netns.ts';

/** What the kernel refuses is read as refused, and ifup stops where we say that it does: Debian's own ifup is asked. */
const spaces = new Namespaces('rf');
after(() => spaces.close());

const link = BOOT_HOST.uplink.name;
const AFTER = `    up ip route add 198.18.0.0/15 via 192.0.2.193
iface ${link} inet6 static
    address 2001:db8::2/64
`;

const REFUSED = [
  `ip route add 203.0.113.97/27 dev ${link}`,
  `ip route replace 198.51.100.1/24 dev ${link}`,
  'ip route add default via 192.0.2.194',
  `ip route add 192.0.2.192/26 dev ${link}`,
  `ip route append default via 192.0.2.193 dev ${link} onlink`,
  'ip route add 198.18.0.0/16 via 192.0.2.193; route add -net 198.18.0.0/16 gw 192.0.2.193',
  'route add -net 203.0.113.97 netmask 255.255.255.224 gw 192.0.2.193',
  `ip addr add 192.0.2.200/26 dev ${link}`,
  `ip -6 route add 2001:db8:9::/48 dev ${link} && ip -6 route add 2001:db8:9::/48 dev ${link}`,
];

const TAKEN = [
  'ip route add default via 192.0.2.194 metric 5',
  'ip route append default via 192.0.2.194',
  'route add default gw 192.0.2.193',
  'route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193',
  `ip -6 route add 2001:db8:1::5/64 dev ${link}`,
  `ip addr add 192.0.2.200/25 dev ${link}`,
  'ip route add default via 192.0.2.194 || true',
  'ip route add default via 192.0.2.194; true',
];

for (const command of [...REFUSED, ...TAKEN]) {
  test(`up ${command}`, async () => {
    const text = `${DELIVERED}    up ${command}\n${AFTER}`;
    const { boot, place } = await bootedHost(spaces, text);
    const stops = REFUSED.includes(command);
    assert.equal(boot.ran && boot.failures.length, stops ? 1 : 0, JSON.stringify(boot));
    const intent = intentOfInterfaces(parseInterfaces([{ path: INTERFACES, text }], INTERFACES));
    assert.deepEqual(await runningWords(spaces, place), intentWords(intent));
    assert.equal(intent.notUnderstood.filter(({ why }) => /^ifup gives/.test(why)).length, stops ? 2 : 0);
  });
}
