import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressFact, linkFact, networkFixture, routeFact } from '../../test/support/network-sample.ts';
import { isLodgeError } from '../base/errors.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import { parseHostYaml } from '../parse/host-yaml.ts';
import { renderHostYaml } from '../render/host-yaml.ts';
import { importHost } from './import-host.ts';
import { intentOf } from './network-intent.ts';

function imported(facts: NetworkFacts) {
  const result = importHost(facts, intentOf(facts));
  const read = parseHostYaml(renderHostYaml(result.config, result.reasons));
  assert.deepEqual(read, { ok: true, config: result.config }, 'what is imported obeys the rules of host.yaml');
  return { ...result, because: (path: string) => result.reasons.find((one) => one.path === path)?.reason };
}

test('a Hetzner host: the main address, a /64 that is routed to the link-local address', () => {
  const { config, because, findings, notUnderstood } = imported(networkFixture('hetzner-one-nic-ifupdown'));
  assert.deepEqual(config, {
    version: 1,
    provider: 'hetzner',
    uplink: { name: 'eno1', mac: '90:1b:0e:12:34:56' },
    ipv4: { address: '192.0.2.200', prefixLength: 26, gateway: '192.0.2.193' },
    ipv6: { prefix: '2001:db8:1:2::/64', address: '2001:db8:1:2::2', gateway: 'fe80::1', mode: 'routed' },
    extraIpv4: [],
  });
  assert.match(because('provider') ?? '', /written by Hetzner's installer/);
  assert.match(because('ipv6.mode') ?? '', /routed to the link-local address/);
  assert.deepEqual([findings, notUnderstood], [[], []]);
});

test('the seed: the uplink is the port of the bridge that leads out, not the bridge and not dummy0', () => {
  const { config, because } = imported(networkFixture('seed-bridged'));
  assert.deepEqual(config.uplink, { name: 'eth0', mac: '00:24:21:b4:36:26' });
  assert.deepEqual(config.ipv4, { address: '192.0.2.195', prefixLength: 26, gateway: '192.0.2.193' });
  assert.equal(config.ipv6, null);
  assert.equal(because('uplink.name'), 'the default route leads to br0, and its way out is eth0, a port of br0');
  assert.equal(because('ipv6'), 'br0 has no public IPv6 address');
});

test('OVH: the gateway outside the prefix says on-link; Dedibox: a DUID in a file says delegated', () => {
  const ovh = imported(networkFixture('ovh-one-nic-netplan'));
  assert.deepEqual(ovh.config.ipv6, {
    prefix: '2001:db8:60:62ac::/64',
    address: '2001:db8:60:62ac::1',
    gateway: '2001:db8:60:62ff:ff:ff:ff:ff',
    mode: 'on-link',
  });
  const dedibox = imported(networkFixture('scaleway-one-nic-networkd'));
  assert.equal(dedibox.config.ipv6?.mode, 'delegated');
  assert.match(dedibox.because('ipv6.mode') ?? '', /^\/etc\/systemd\/network\/10-eno1\.network:\d+ asks for/);
});

test('the burnt-in MAC is taken, and one that differs is an alarm', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  const link = facts.links.find(({ name }) => name === 'eno1');
  assert.ok(link !== undefined);
  link.mac = '02:00:00:00:00:01';
  const { config, findings } = imported(facts);
  assert.equal(config.uplink.mac, '90:1b:0e:12:34:56');
  assert.deepEqual(
    findings.map(({ id, level }) => `${level} ${id}`),
    ['alarm uplink-mac-changed'],
  );
});

test('an address alone with its peer, and one whose gateway is outside its network, are a /32', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  const main = facts.addresses.find(({ address }) => address === '192.0.2.200');
  assert.ok(main !== undefined);
  Object.assign(main, { prefixLength: 32, peer: '192.0.2.193' });
  assert.equal(imported(facts).config.ipv4?.prefixLength, 32);
  Object.assign(main, { prefixLength: 27, peer: null, address: '198.51.100.9' });
  const { config, because } = imported(facts);
  assert.deepEqual(config.ipv4, { address: '198.51.100.9', prefixLength: 32, gateway: '192.0.2.193' });
  assert.equal(because('ipv4.prefixLength'), 'an address alone: 192.0.2.193 is outside of its network');
});

test('further addresses, subnets on inner bridges, routes inside and proxies are extra; private and main networks are not', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.links.push(linkFact('br1', { kind: 'bridge' }), linkFact('tap1', { kind: 'tun' }));
  facts.addresses.push(
    addressFact('eno1', '198.51.100.20/32', { label: 'eno1:1' }),
    addressFact('br1', '203.0.113.1/29'),
    addressFact('br1', '10.0.0.1/24'),
    addressFact('lg2c470001', '198.51.100.99/32'),
  );
  facts.routes.push(
    routeFact('203.0.113.0/29', { link: 'br1', protocol: 'kernel' }),
    routeFact('203.0.113.4/32', { link: 'tap1' }),
    routeFact('198.51.100.40/32', { link: 'tap1' }),
    routeFact('198.51.100.128/28', { type: 'unreachable' }),
    routeFact('198.51.100.98/32', { link: 'lg2c470001' }),
    routeFact('8.8.8.8/32', { link: 'eno1', via: '192.0.2.193' }),
  );
  const proxy = { link: 'eno1', family: 'ipv4', mac: null, state: 'PROXY', isProxy: true, isRouter: false } as const;
  facts.neighbours.push({ ...proxy, address: '198.51.100.40' }, { ...proxy, address: '198.51.100.41' });
  const { config, because } = imported(facts);
  assert.deepEqual(config.extraIpv4, [
    { kind: 'single', address: '198.51.100.20', gateway: null, mac: null },
    { kind: 'subnet', prefix: '203.0.113.0/29' },
    { kind: 'single', address: '198.51.100.40', gateway: null, mac: null },
    { kind: 'subnet', prefix: '198.51.100.128/28' },
    { kind: 'single', address: '198.51.100.41', gateway: null, mac: null },
  ]);
  assert.equal(because('extraIpv4[2]'), 'a route leads 198.51.100.40/32 to tap1');
});

test('an IPv6 address alone has its prefix from a bridge for guests, or a /64 is supposed and said', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  const own = facts.addresses.find(({ address }) => address === '2001:db8:1:2::2');
  assert.ok(own !== undefined);
  own.prefixLength = 128;
  const alone = imported(facts);
  assert.equal(alone.config.ipv6?.prefix, '2001:db8:1:2::/64');
  assert.match(alone.because('ipv6.prefix') ?? '', /a \/64 is supposed around it/);
  facts.addresses.push(addressFact('br1', '2001:db8:1::1/56'));
  assert.match(imported(facts).because('ipv6.prefix') ?? '', /^the network of 2001:db8:1::1\/56 on br1/);
});

test('an IPv6 address without a way out is no prefix, and this is told', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.routes = facts.routes.filter(({ family, destination }) => family === 'ipv4' || destination !== 'default');
  const { config, findings } = imported(facts);
  assert.equal(config.ipv6, null);
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['ipv6-without-gateway'],
  );
});

test('at a provider that is not known, IPv6 is taken as on-link, which works either way', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.files = facts.files.map((file) => ({
    ...file,
    text: file.text.replace('Hetzner Online', ''),
    path: file.path,
  }));
  facts.files = facts.files.filter(({ path }) => path !== '/etc/resolv.conf' && !path.includes('hetzner'));
  const { config, because, findings } = imported(facts);
  assert.deepEqual([config.provider, config.ipv6?.mode], ['generic', 'on-link']);
  assert.match(because('ipv6.mode') ?? '', /works either way$/);
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['provider-unknown'],
  );
});

test('a second way out is told, and the one with the lower metric is taken', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.links.push(linkFact('eno2', { mac: '90:1b:0e:12:34:57', permanentMac: '90:1b:0e:12:34:57' }));
  facts.routes.unshift(routeFact('default', { via: '198.51.100.1', link: 'eno2', metric: 100 }));
  const { config, findings } = imported(facts);
  assert.equal(config.uplink.name, 'eno1');
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['second-uplink'],
  );
});

test('a private main address is told', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  const main = facts.addresses.find(({ address }) => address === '192.0.2.200');
  assert.ok(main !== undefined);
  main.address = '10.0.2.15';
  assert.ok(imported(facts).findings.some(({ id }) => id === 'main-address-private'));
});

test('a host without a way out is refused, naming the links there are', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  Object.assign(facts, { routes: [], addresses: [] });
  assert.throws(
    () => importHost(facts, intentOf(facts)),
    (error) => isLodgeError(error, 'PLAN_REFUSED') && error.message.includes('there are eno1'),
  );
});

test('what the files say and nobody understands comes along, by file and line', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  const file = facts.files.find(({ path }) => path === '/etc/network/interfaces');
  assert.ok(file !== undefined);
  file.text += '  up /usr/local/bin/something --with eno1\n';
  const { notUnderstood } = imported(facts);
  assert.equal(notUnderstood.length, 1);
  assert.equal(notUnderstood[0]?.spot.path, '/etc/network/interfaces');
  assert.equal(notUnderstood[0]?.spot.line, file.text.split('\n').length - 1);
});

test('Proxmox: a bridge of its own for a subnet is extra, and the IPv6 prefix is that of the bridge for guests', () => {
  const { config, because, notUnderstood } = imported(networkFixture('proxmox-vmbr0-ifupdown2'));
  assert.deepEqual(config, {
    version: 1,
    provider: 'hetzner',
    uplink: { name: 'enp0s31f6', mac: '90:1b:0e:ab:cd:10' },
    ipv4: { address: '192.0.2.201', prefixLength: 32, gateway: '192.0.2.193' },
    ipv6: { prefix: '2001:db8:1:5::/64', address: '2001:db8:1:5::2', gateway: 'fe80::1', mode: 'routed' },
    extraIpv4: [{ kind: 'subnet', prefix: '203.0.113.0/29' }],
  });
  assert.match(because('ipv6.prefix') ?? '', /on vmbr1, in which 2001:db8:1:5::2 is$/);
  assert.deepEqual(notUnderstood, []);
});

test('NetworkManager on an unknown provider: the public uplink, the careful IPv6 mode, and the second NIC is told', () => {
  const { config, findings } = imported(networkFixture('unknown-two-nics-network-manager'));
  assert.deepEqual(config.ipv4, { address: '198.51.100.30', prefixLength: 25, gateway: '198.51.100.1' });
  assert.equal(config.ipv6?.mode, 'on-link');
  assert.deepEqual(config.extraIpv4, []);
  assert.deepEqual(findings.map(({ id }) => id).sort(), ['provider-unknown', 'second-uplink']);
});
