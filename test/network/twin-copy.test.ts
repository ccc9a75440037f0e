import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { MacAddress } from '../../src/base/address.ts';
import { readAddresses } from '../../src/host/network-addresses.ts';
import { readLinks } from '../../src/host/network-links.ts';
import { readRoutes } from '../../src/host/network-routes.ts';
import { readNetworkSysctls } from '../../src/host/network-sysctls.ts';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { NetworkFacts } from '../../src/model/network-facts.ts';
import { twinAssumptions } from '../../src/twin/assumptions.ts';
import { buildTwin, closeTwin } from '../../src/twin/build.ts';
import { addressFact, routeFact, TWIN_HOST, twinFacts } from '../support/twin-host.ts';

const FIXTURES = new URL('../fixtures/network/', import.meta.url);

function fixture(name: string): NetworkFacts {
  return JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as NetworkFacts;
}

/** A host.yaml with that uplink; what the provider gave does not matter to the copy. */
function hostOf(facts: NetworkFacts): HostConfig {
  const uplink = facts.links.find(({ name, permanentMac }) => permanentMac !== null && name !== 'lo');
  assert.ok(uplink !== undefined);
  return { ...TWIN_HOST, uplink: { name: uplink.name, mac: uplink.mac as MacAddress } };
}

async function copyOf(facts: NetworkFacts) {
  const twin = await buildTwin({ host: hostOf(facts), facts, modes: { arp: 'asks', ipv6: 'routed' }, label: 'copy' });
  const place = twin.spaces.nameOf('host');
  try {
    return {
      addresses: await readAddresses(place),
      routes: await readRoutes(place, facts.rules),
      links: await readLinks(place),
      sysctls: await readNetworkSysctls(
        place,
        facts.links.map(({ name }) => name),
      ),
    };
  } finally {
    await closeTwin(twin);
  }
}

/** Loopback's own, which some facts leave out, and lifetimes, which have run meanwhile, are not compared. */
function texts(list: readonly { link: string | null }[]): string[] {
  return list
    .filter(({ link }) => link !== 'lo')
    .map((item) => JSON.stringify(Object.entries({ ...item, flags: null, preferredSec: null }).sort()))
    .sort();
}

for (const name of readdirSync(FIXTURES).filter((file) => file.endsWith('.json'))) {
  test(`the twin's host has the links, addresses, routes and settings of ${name}`, async () => {
    const facts = fixture(name);
    const copy = await copyOf(facts);
    assert.deepEqual(texts(copy.addresses), texts(facts.addresses));
    assert.deepEqual(texts(copy.routes), texts(facts.routes));
    for (const { name: link, mac, master, mtu, bridge } of facts.links.filter(
      ({ kind }) => kind !== 'veth' && kind !== 'tun',
    )) {
      const made = copy.links.find((candidate) => candidate.name === link);
      assert.deepEqual(
        { mac: made?.mac, master: made?.master, mtu: made?.mtu, bridge: made?.bridge },
        { mac, master, mtu, bridge },
      );
    }
    for (const [path, value] of Object.entries(facts.sysctls)) {
      const isKnown =
        copy.sysctls[path] !== undefined && !path.endsWith('addr_gen_mode') && !path.startsWith('net/bridge');
      if (isKnown) assert.equal(copy.sysctls[path], value, path);
    }
  });
}

test('of two routes to one network the first stays the first: the hack for isolated customers is copied as it works', async () => {
  const facts = fixture('hetzner-one-nic-ifupdown.json');
  const hack = facts.routes.filter(({ destination }) => destination === '192.0.2.192/26').map(({ via }) => via);
  assert.deepEqual(hack, ['192.0.2.193', null]);
  const { routes } = await copyOf(facts);
  assert.deepEqual(
    routes.filter(({ destination }) => destination === '192.0.2.192/26').map(({ via }) => via),
    hack,
  );
});

test('addresses with a lifetime, without a route, with a scope, and a route that leads nowhere come out as they were', async () => {
  const base = twinFacts();
  const facts: NetworkFacts = {
    ...base,
    addresses: [
      ...base.addresses,
      addressFact('eth0', '198.51.100.7', 24, { noPrefixRoute: true, isDynamic: true, preferredSec: 3000 }),
      addressFact('eth0', '10.1.2.3', 32, { scope: 'host' }),
      addressFact('eth0', '2001:db8:1:2::99', 128, { preferredSec: 0 }),
    ],
    routes: [
      ...base.routes,
      routeFact({ destination: '203.0.113.0/29', type: 'unreachable', metric: 4_294_967_295, scope: 'global' }),
      routeFact({ destination: '198.51.100.128/25', via: '203.0.113.77', link: 'eth0', isOnLink: true }),
      routeFact({ family: 'ipv6', destination: '2001:db8:1:2::99/128', link: 'eth0', metric: 256, protocol: 'kernel' }),
    ],
  };
  const copy = await copyOf(facts);
  assert.deepEqual(texts(copy.addresses), texts(facts.addresses));
  assert.deepEqual(texts(copy.routes), texts(facts.routes));
});

test('guests and containers are left out by name, other hardware is stood in for, and both are said', () => {
  const base = twinFacts();
  const [, eth0] = base.links;
  assert.ok(eth0 !== undefined);
  const links = [
    ...base.links,
    { ...eth0, name: 'eth1', permanentMac: null },
    { ...eth0, name: 'lg1a2b0', kind: 'tun' },
    { ...eth0, name: 'docker0', kind: 'bridge' },
  ];
  const said = twinAssumptions(TWIN_HOST, { ...base, links }).join('\n');
  assert.match(said, /eth1 \(hardware\) is stood in for by a link that leads nowhere/);
  assert.match(said, /left out.*: lg1a2b0, docker0/);
});
