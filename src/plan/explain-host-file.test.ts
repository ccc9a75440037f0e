import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressFact,
  HOST,
  networkFixture,
  quietFacts,
  routeFact,
  sampleScene,
} from '../../test/support/network-sample.ts';
import type { Ipv4Address, Ipv6Address, MacAddress } from '../base/address.ts';
import type { HostConfig } from '../model/host-config.ts';
import type { NetworkFacts, RouteFact } from '../model/network-facts.ts';
import { hostFileDiffers } from './explain-host-file.ts';
import { importHost } from './import-host.ts';
import { intentOf } from './network-intent.ts';

const judge = (host: HostConfig | null) => hostFileDiffers.judge(sampleScene({ facts: quietFacts(), host }));
const ipv4 = { address: '192.0.2.201' as Ipv4Address, prefixLength: 26, gateway: '192.0.2.193' as Ipv4Address };

test('a host.yaml that the host agrees with, or none, is nothing to tell', () => {
  assert.deepEqual(judge(HOST), []);
  assert.deepEqual(judge(null), []);
});

test('an address that the uplink does not have is an alarm before a plan is refused for it', () => {
  const [found, ...others] = judge({ ...HOST, ipv4 });
  assert.equal(others.length, 0);
  assert.equal(found?.level, 'alarm');
  assert.equal(found?.what, 'ipv4.address of host.yaml is 192.0.2.201, and must be an address of eth0');
});

test('a card that is not there is named with those that are', () => {
  const [found] = judge({ ...HOST, uplink: { ...HOST.uplink, name: 'eno1' } });
  assert.match(found?.what ?? '', /^uplink\.name of host\.yaml is eno1, and must be a link of this host; .*eth0/);
});

test('a MAC is left to the finding that knows whose mistake it is', () => {
  assert.deepEqual(judge({ ...HOST, uplink: { ...HOST.uplink, mac: '52:54:00:00:00:99' as MacAddress } }), []);
});

const WRONG = {
  ...HOST,
  ipv4: { ...(HOST.ipv4 ?? ipv4), gateway: '192.0.2.254' as Ipv4Address },
  ipv6: { ...HOST.ipv6, gateway: 'fe80::2' as Ipv6Address },
} as HostConfig;
const gatewaysTold = (facts: NetworkFacts, host = WRONG) =>
  hostFileDiffers.judge(sampleScene({ facts, host })).map(({ what }) => what.replace(/ of host\.yaml.* must be/, ':'));

test('a gateway that the running default route does not have is an alarm, with the one it has', () => {
  assert.deepEqual(
    judge(WRONG).map(({ level, what }) => `${level}: ${what}`),
    [
      'alarm: ipv4.gateway of host.yaml is 192.0.2.254, and must be 192.0.2.193, the gateway of the default route that runs over eth0',
      'alarm: ipv6.gateway of host.yaml is fe80::2, and must be fe80::1, the gateway of the default route that runs over eth0',
    ],
  );
});

test('no gateway is contradicted by a host without a default route, or by what DHCP or a router advertisement gave', () => {
  const facts = quietFacts();
  const withRoutes = (change: (route: RouteFact) => RouteFact[]) => ({
    ...facts,
    routes: facts.routes.flatMap((route) => (route.destination === 'default' ? change(route) : [route])),
  });
  assert.deepEqual(gatewaysTold(withRoutes(() => [])), []);
  for (const protocol of ['ra', 'dhcp', 'bird'])
    assert.deepEqual(gatewaysTold(withRoutes((route) => [{ ...route, protocol }])), [], protocol);
  assert.deepEqual(gatewaysTold(withRoutes((route) => [{ ...route, link: 'eth1' }])), [], 'another way out');
  // A route in a table of its own, of a rule, is the wanted one; one without a gateway says nothing.
  const elsewhere = { link: 'eth1', table: '100' };
  const both = withRoutes((route) => [
    route,
    { ...route, ...elsewhere, via: route.family === 'ipv4' ? '192.0.2.254' : 'fe80::2' },
  ]);
  assert.deepEqual(gatewaysTold(both), []);
  assert.deepEqual(gatewaysTold(withRoutes((route) => [{ ...route, via: null }])), []);
});

test('of several default routes all are named, and an IPv4 one over an IPv6 router is left alone', () => {
  const facts = quietFacts();
  const second = routeFact('default', { via: '192.0.2.194', link: 'eth0', metric: 100, protocol: 'static' });
  assert.match(
    gatewaysTold({ ...facts, routes: [...facts.routes, second] })[0] ?? '',
    /: 192\.0\.2\.193 or 192\.0\.2\.194,/,
  );
  const overIpv6 = { ...routeFact('default', { via: 'fe80::1', link: 'eth0' }), family: 'ipv4' } as const;
  assert.deepEqual(gatewaysTold({ ...facts, routes: [overIpv6] }), []);
});

test('the route that the script of dhclient makes counts as leased', () => {
  const facts = quietFacts();
  const addresses = [addressFact('eth0', '192.0.2.200/26', { isDynamic: true }), ...facts.addresses.slice(1)];
  assert.deepEqual(
    gatewaysTold({ ...facts, addresses }).map((what) => what.slice(0, 12)),
    ['ipv6.gateway'],
  );
});

test('what was imported from a host contradicts it nowhere, and a wrong gateway only where the route was not learned', () => {
  const told = (name: string, change: (host: HostConfig) => HostConfig) => {
    const facts = networkFixture(name);
    const { config } = importHost(facts, intentOf(facts));
    return gatewaysTold(facts, change(config));
  };
  const wrong = (host: HostConfig) => {
    const ipv6 = host.ipv6 === null ? null : { ...host.ipv6, gateway: 'fe80::99' };
    return { ...host, ipv4: { ...host.ipv4, gateway: '192.0.2.99' }, ipv6 } as HostConfig;
  };
  const expected = {
    'hetzner-one-nic-ifupdown': ['ipv4.gateway', 'ipv6.gateway'],
    'ovh-one-nic-netplan': ['ipv6.gateway'],
    'proxmox-vmbr0-ifupdown2': ['ipv4.gateway', 'ipv6.gateway'],
    'scaleway-one-nic-networkd': ['ipv4.gateway'],
    'seed-bridged': ['ipv4.gateway'],
    'unknown-two-nics-network-manager': ['ipv4.gateway'],
  };
  for (const [name, paths] of Object.entries(expected)) {
    assert.deepEqual(
      told(name, (host) => host),
      [],
      name,
    );
    assert.deepEqual(
      told(name, wrong).map((what) => what.split(':')[0]),
      paths,
      name,
    );
  }
});
