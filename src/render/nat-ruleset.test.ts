import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { GOLDEN_GUESTS, GOLDEN_NETWORK } from '../../test/support/nat-golden.ts';
import { renderDnsmasqConfig } from './dnsmasq-config.ts';
import { renderDhcpHosts, renderDnsHosts } from './dnsmasq-hosts.ts';
import { renderNatRuleset, renderNatRulesetRemoval } from './nat-ruleset.ts';

const golden = join(import.meta.dirname, '../../test/golden/nat');
const asText = { serializers: [(value: unknown) => String(value)] };
const note = '/var/lib/lodge/nat/forwarding.json';

for (const [name, guests] of Object.entries(GOLDEN_GUESTS)) {
  test(`the ruleset of ${name} is the one that was looked at`, (t) => {
    t.assert.fileSnapshot(renderNatRuleset(GOLDEN_NETWORK, guests, note), join(golden, `${name}.nft`), asText);
  });
}

test('both tables are taken away in one transaction', (t) => {
  t.assert.fileSnapshot(renderNatRulesetRemoval(GOLDEN_NETWORK), join(golden, 'removal.nft'), asText);
});

test('a note that nft could not read is left out', () => {
  for (const bad of ['', 'a"b', 'a\nb', 'x'.repeat(128), 'a\\b']) {
    assert.ok(!renderNatRuleset(GOLDEN_NETWORK, [], bad).includes('comment'));
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
    renderDnsmasqConfig(GOLDEN_NETWORK, files, 'dnsmasq'),
    renderDnsHosts(guests),
    renderDhcpHosts(guests),
  ];
  t.assert.fileSnapshot(texts.join('\n'), join(golden, 'dnsmasq.txt'), asText);
});
