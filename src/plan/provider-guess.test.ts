import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkFixture } from '../../test/support/network-sample.ts';
import { EMPTY_INTENT } from '../model/network-intent.ts';
import { PROVIDERS } from '../model/providers/providers.ts';
import { guessProvider } from './provider-guess.ts';

test('each provider is known by its own hosts, with the reasons in words', () => {
  const of = (name: string) => guessProvider(networkFixture(name), EMPTY_INTENT);
  assert.equal(of('hetzner-one-nic-ifupdown').provider, 'hetzner');
  assert.equal(of('seed-bridged').provider, 'hetzner');
  assert.equal(of('scaleway-one-nic-networkd').provider, 'scaleway-dedibox');
  const ovh = of('ovh-one-nic-netplan');
  assert.equal(ovh.provider, 'ovh');
  assert.ok(ovh.reasons.includes('the IPv6 gateway ends in ff:ff:ff:ff:ff, which only OVH does'));
});

test('a weak sign alone names nobody, but is told', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.files = [];
  const { provider, reasons, others } = guessProvider(facts, EMPTY_INTENT);
  assert.equal(provider, 'generic');
  assert.match(reasons[0] ?? '', /^too little \(the IPv6 gateway is fe80::1/);
  assert.equal(others[0]?.provider, 'hetzner');
});

test('a host without any sign is of a provider that is not known', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  Object.assign(facts, { files: [], routes: [], addresses: [] });
  assert.deepEqual(guessProvider(facts, EMPTY_INTENT), {
    provider: 'generic',
    reasons: ['nothing tells whose server it is'],
    others: [],
  });
});

test('signs of two providers are weighed', () => {
  const facts = networkFixture('hetzner-one-nic-ifupdown');
  facts.files = facts.files.map((file) => ({ ...file, text: `${file.text}# once at 213.186.33.99\n` }));
  const { provider, others } = guessProvider(facts, EMPTY_INTENT);
  assert.equal(provider, 'hetzner');
  assert.deepEqual(
    others.map(({ provider }) => provider),
    ['ovh'],
  );
});

test('every provider but the unknown one has signs, sources and a way to rescue', () => {
  for (const { id, signs, sources, rescue } of Object.values(PROVIDERS)) {
    assert.notEqual(rescue, '', id);
    if (id === 'generic') continue;
    assert.ok(
      signs.some(({ weight }) => weight >= 3),
      id,
    );
    assert.ok(sources.length > 0, id);
  }
});
