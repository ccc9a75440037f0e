import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressFact,
  HOST,
  linkFact,
  MAC,
  quietFacts,
  routeFact,
  sampleScene,
} from '../../test/support/network-sample.ts';
import type { HostConfig } from '../model/host-config.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import { EMPTY_INTENT } from '../model/network-intent.ts';
import { providerDoubtful } from './explain-host-file.ts';
import { proxyEntryMissing } from './explain-ipv6.ts';
import { importHost } from './import-host.ts';
import { mergeHost } from './merge-host.ts';

/** What the first import of a host without signs wrote, and the owner completed. */
function owners(changes: object): HostConfig {
  return { ...HOST, provider: 'generic', ipv6: { ...HOST.ipv6, mode: 'on-link' }, ...changes } as HostConfig;
}

/** A host that no sign gives away: its gateway is one of its own network, and no file says anything. */
function unsigned(): NetworkFacts {
  const quiet = quietFacts();
  const via = (route: NetworkFacts['routes'][number]) =>
    route.via === 'fe80::1' ? { ...route, via: 'fe80::2' } : route;
  return { ...quiet, routes: quiet.routes.map(via) };
}

const findingIds = (imported: ReturnType<typeof importHost>) => imported.findings.map(({ id }) => id);

test('the provider that host.yaml names is the provider, and how it delivers IPv6 is known with it', () => {
  const before = importHost(unsigned(), EMPTY_INTENT);
  assert.deepEqual([before.config.provider, before.config.ipv6?.mode], ['generic', 'on-link']);
  assert.deepEqual(findingIds(before), ['provider-unknown']);
  const after = importHost(unsigned(), EMPTY_INTENT, owners({ provider: 'hetzner' }));
  assert.deepEqual([after.config.provider, after.config.ipv6?.mode], ['hetzner', 'routed']);
  assert.deepEqual(findingIds(after), []);
  assert.equal(after.reasons.find(({ path }) => path === 'provider')?.reason, 'host.yaml says so');
});

test('how the prefix comes the owner says where nobody can tell, and for that prefix alone', () => {
  const mine = owners({ provider: 'ovh', ipv6: { ...HOST.ipv6, mode: 'delegated' } });
  assert.equal(importHost(unsigned(), EMPTY_INTENT, mine).config.ipv6?.mode, 'delegated');
  const another = owners({ ipv6: { ...HOST.ipv6, prefix: '2001:db8:9:9::/64', mode: 'delegated' } });
  assert.equal(importHost(unsigned(), EMPTY_INTENT, another).config.ipv6?.mode, 'on-link');
});

test('signs that speak for another provider are told, and the owner is believed', () => {
  const facts = {
    ...unsigned(),
    files: [{ path: '/etc/network/interfaces', text: '### Hetzner Online GmbH installimage\n', mode: 0o644 }],
  };
  const signed = importHost(facts, EMPTY_INTENT);
  assert.equal(signed.config.provider, 'hetzner', 'the test needs a sign');
  const found = importHost(facts, EMPTY_INTENT, owners({ provider: 'ovh' }));
  assert.equal(found.config.provider, 'ovh');
  assert.deepEqual(findingIds(found), ['provider-doubtful']);
  const [told] = providerDoubtful.judge(sampleScene({ facts, host: owners({ provider: 'ovh' }), provider: 'ovh' }));
  assert.match(told?.fix ?? '', /provider: hetzner/);
});

test('the uplink and the MAC that the owner wrote are taken, and not asked for again', () => {
  const quiet = quietFacts();
  const second = '02:00:00:00:00:02';
  const facts = {
    ...quiet,
    links: [
      ...quiet.links.map((link) => ({ ...link, permanentMac: '02:00:00:00:00:09' })),
      linkFact('eth1', { index: 9, mac: second, permanentMac: second, altNames: ['enp2s0'] }),
    ],
    addresses: [...quiet.addresses, addressFact('eth1', '203.0.113.9/24')],
    routes: [...quiet.routes, routeFact('default', { via: '203.0.113.1', link: 'eth1', metric: 100 })],
  };
  assert.deepEqual(findingIds(importHost(facts, EMPTY_INTENT)).sort(), [
    'provider-unknown',
    'second-uplink',
    'uplink-mac-changed',
  ]);
  const told = importHost(facts, EMPTY_INTENT, owners({ provider: 'ovh', uplink: { name: 'enp2s0', mac: second } }));
  assert.deepEqual([told.config.uplink, told.config.ipv4?.address], [{ name: 'eth1', mac: second }, '203.0.113.9']);
  assert.deepEqual(findingIds(told), []);
  const kept = importHost(facts, EMPTY_INTENT, owners({ provider: 'ovh' }));
  assert.deepEqual([kept.config.uplink.mac, findingIds(kept)], [MAC, []]);
});

test('without a gateway the main address is no address beyond the main one, and what the owner wrote of it stays', () => {
  const quiet = quietFacts();
  const facts = {
    ...quiet,
    routes: quiet.routes.filter(({ destination, via }) => destination !== 'default' && via === null),
  };
  const plain = facts.addresses.map((one) => ({ ...one, peer: null }));
  const found = importHost({ ...facts, addresses: plain }, EMPTY_INTENT);
  assert.deepEqual([found.config.ipv4, found.config.ipv6, found.config.extraIpv4], [null, null, []]);
  assert.deepEqual(
    findingIds(found).filter((id) => id.endsWith('gateway')),
    ['ipv4-without-gateway', 'ipv6-without-gateway'],
  );
  const mine = owners({ provider: 'hetzner', ipv6: HOST.ipv6 });
  const kept = importHost({ ...facts, addresses: plain }, EMPTY_INTENT, mine);
  assert.deepEqual(mergeHost(mine, kept.config), mine);
  assert.deepEqual(findingIds(kept), []);
});

test('a mode that the provider does not have is told, and nothing is claimed by it', () => {
  const quiet = quietFacts();
  const guest = routeFact('2001:db8:1:2::a1/128', { family: 'ipv6', link: 'tap1', protocol: 'static' });
  const facts = { ...quiet, routes: [...quiet.routes, guest] };
  const doubtful = sampleScene({ facts, host: owners({ provider: 'hetzner' }), provider: 'hetzner' });
  assert.deepEqual(proxyEntryMissing.judge(doubtful), []);
  assert.match(providerDoubtful.judge(doubtful)[0]?.fix ?? '', /write mode: routed/);
  const known = sampleScene({ facts, host: owners({ provider: 'ovh' }), provider: 'ovh' });
  assert.equal(proxyEntryMissing.judge(known).length, 1);
  assert.deepEqual(providerDoubtful.judge(known), []);
});
