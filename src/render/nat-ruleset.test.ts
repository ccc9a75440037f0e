import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { GOLDEN_GUESTS, GOLDEN_NETWORK } from '../../test/support/nat-golden.ts';
import { GUEST_SHARES, type NameShare, type TapLimit } from '../model/guest-share.ts';
import { renderDnsmasqConfig } from './dnsmasq-config.ts';
import { renderDhcpHosts, renderDnsHosts } from './dnsmasq-hosts.ts';
import { renderNatRuleset, renderNatRulesetRemoval } from './nat-ruleset.ts';
import { renderShares } from './nat-shares.ts';

const golden = join(import.meta.dirname, '../../test/golden/nat');
const asText = { serializers: [(value: unknown) => String(value)] };
const choices = {
  note: '/var/lib/lodge/nat/forwarding.json',
  families: 'both',
  ports: { dns: 334, dhcp: 325 },
} as const;

const names: NameShare = { perSecond: 50, burst: 250, connections: 2 };

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

test('the shares are the ones that were looked at, with and without IPv6', (t) => {
  const shares = new Map([
    ['lg8b0700000001', 4096],
    ['lg8b0700000002', 100],
  ]);
  for (const [name, families] of [
    ['shares', 'both'],
    ['without-ipv6-shares', 'ipv4'],
  ] as const) {
    const text = renderShares(GOLDEN_NETWORK, shares, { names, present: [], families });
    t.assert.fileSnapshot(text, join(golden, `${name}.nft`), asText);
  }
});

/** What a tap has when it was given these. */
function limitsOf(tap: string, connections: number): TapLimit[] {
  const text = renderShares(GOLDEN_NETWORK, new Map([[tap, connections]]), { names, present: [], families: 'both' });
  return GUEST_SHARES.map((share) => {
    const limit = new RegExp(`^add element inet lodge_shares ${share} \\{\n +"${tap}" (.*) counter$`, 'm').exec(
      text,
    )?.[1];
    return { tap, share, limit: limit ?? assert.fail(share) };
  });
}

test('of the shares that are there only those that are gone or have changed are written', () => {
  const text = (wanted: [string, number][], present: TapLimit[]) =>
    renderShares(GOLDEN_NETWORK, new Map(wanted), { names, present, families: 'both' });
  assert.doesNotMatch(text([['lga', 5]], limitsOf('lga', 5)), /element/);
  assert.match(
    text([['lga', 5]], []),
    /add element inet lodge_shares connections \{\n {2}"lga" ct count over 5 counter\n\}/,
  );
  assert.match(text([], limitsOf('lga', 5)), /delete element inet lodge_shares questions \{\n {2}"lga"\n\}/);
  const changed = text([['lga', 6]], limitsOf('lga', 5));
  assert.match(changed, /delete element[\s\S]*"lga"[\s\S]*add element[\s\S]*"lga" ct count over 6/);
  assert.doesNotMatch(changed, /element inet lodge_shares questions/);
});

test('a limit that an older Lodge did not know, or gave otherwise, is written for a tap that has the rest', () => {
  for (const share of GUEST_SHARES) {
    const present = limitsOf('lga', 5);
    const without = present.filter((one) => one.share !== share);
    const other = present.map((one) => (one.share === share ? { ...one, limit: 'limit rate over 7/hour' } : one));
    const added = new RegExp(`add element inet lodge_shares ${share} \\{\n {2}"lga" [^"]*\n\\}`);
    const options = (limits: TapLimit[]) => ({ names, present: limits, families: 'both' }) as const;
    assert.match(renderShares(GOLDEN_NETWORK, new Map([['lga', 5]]), options(without)), added);
    const text = renderShares(GOLDEN_NETWORK, new Map([['lga', 5]]), options(other));
    assert.match(text, new RegExp(`delete element inet lodge_shares ${share} \\{\n {2}"lga"\n\\}`));
    assert.match(text, added);
    assert.equal(text.match(/element/g)?.length, 2);
  }
});

test('what guests may ask of the name service changes with their number, and no set’s head with it', () => {
  const fewer: NameShare = { perSecond: 25, burst: 125, connections: 1 };
  const text = (share: NameShare, present: TapLimit[]) =>
    renderShares(GOLDEN_NETWORK, new Map([['lga', 5]]), { names: share, present, families: 'both' });
  const changed = text(fewer, limitsOf('lga', 5));
  assert.match(
    changed,
    /add element inet lodge_shares questions \{\n {2}"lga" limit rate over 25\/second burst 125 packets counter/,
  );
  assert.match(changed, /add element inet lodge_shares name_connections \{\n {2}"lga" ct count over 1 counter/);
  assert.equal(changed.match(/element/g)?.length, 4);
  const heads = (rules: string) => rules.match(/^ {2}set [\s\S]*?^ {2}\}/gm);
  assert.deepEqual(heads(changed), heads(text(names, [])));
  assert.ok(changed.includes('goto take_place1') && !changed.includes('goto take_place2'));
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
