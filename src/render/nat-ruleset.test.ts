import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { GOLDEN_GUESTS, GOLDEN_NETWORK } from '../../test/support/nat-golden.ts';
import { renderDnsmasqConfig } from './dnsmasq-config.ts';
import { renderDhcpHosts, renderDnsHosts } from './dnsmasq-hosts.ts';
import { renderNatRuleset, renderNatRulesetRemoval } from './nat-ruleset.ts';

const golden = join(import.meta.dirname, '../../test/golden/nat');
const asText = { serializers: [(value: unknown) => String(value)] };
const choices = {
  note: '/var/lib/lodge/nat/forwarding.json',
  families: 'both',
  ports: { dns: 334, dhcp: 325 },
} as const;

for (const [name, guests] of Object.entries(GOLDEN_GUESTS)) {
  test(`the ruleset of ${name} is the one that was looked at`, (t) => {
    t.assert.fileSnapshot(renderNatRuleset(GOLDEN_NETWORK, guests, choices), join(golden, `${name}.nft`), asText);
  });
}

test('both tables are taken away in one transaction', (t) => {
  t.assert.fileSnapshot(renderNatRulesetRemoval(GOLDEN_NETWORK, 'both'), join(golden, 'removal.nft'), asText);
});

test('where the host has no IPv6 the tables have no word of it', (t) => {
  const guests = GOLDEN_GUESTS['single-families'].map(({ name, nic }) => ({ name, nic: { ...nic, ipv6: null } }));
  const text = renderNatRuleset(GOLDEN_NETWORK, guests, { ...choices, families: 'ipv4' });
  assert.doesNotMatch(text, /inet lodge|ip6|icmpv6|icmpx|ipv6_addr/);
  t.assert.fileSnapshot(text, join(golden, 'without-ipv6.nft'), asText);
});

test('and they are taken away without one', (t) => {
  const text = renderNatRulesetRemoval(GOLDEN_NETWORK, 'ipv4');
  t.assert.fileSnapshot(text, join(golden, 'without-ipv6-removal.nft'), asText);
});

test('a note that nft could not read is left out', () => {
  for (const bad of ['', 'a"b', 'a\nb', 'x'.repeat(128), 'a\\b']) {
    assert.ok(!renderNatRuleset(GOLDEN_NETWORK, [], { ...choices, note: bad }).includes('comment'));
  }
});

test('dnsmasq’s files are the ones that were looked at', (t) => {
  const files = {
    hosts: '/run/lodge/nat/hosts',
    dhcpHosts: '/run/lodge/nat/dhcp-hosts',
    leases: '/run/lodge/nat/leases',
  };
  const guests = GOLDEN_GUESTS['published-ports'];
  const texts = [
    renderDnsmasqConfig(GOLDEN_NETWORK, files, {
      user: 'dnsmasq',
      ports: choices.ports,
      ipv6: 'dhcp',
      upstream: { file: '/etc/resolv.conf', servers: ['127.0.0.53'] },
    }),
    renderDnsHosts(guests),
    renderDhcpHosts(guests),
  ];
  t.assert.fileSnapshot(texts.join('\n'), join(golden, 'dnsmasq.txt'), asText);
});
