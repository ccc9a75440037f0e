import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkIntent } from '../src/model/network-intent.ts';
import { parseInterfaces } from '../src/parse/interfaces.ts';
import { intentOfInterfaces } from '../src/parse/interfaces-intent.ts';
import { intentOfNetplan } from '../src/parse/netplan-intent.ts';
import { intentOfNetworkd } from '../src/parse/networkd-intent.ts';
import { gatewayNotOnLink } from '../src/plan/explain-gateway.ts';
import { routeNamesMissingLink, routeNamesPort } from '../src/plan/explain-route-lines.ts';
import { INTERFACES, readInterfacesCorpus } from './support/interfaces-corpus.ts';
import { readCorpus } from './support/network-corpus.ts';
import { linkFact, quietFacts, sampleScene } from './support/network-sample.ts';

/** Alarms that are read from files alone, on a host that has every link the files name and nothing configured. */
function alarmsOf(intent: NetworkIntent): string[] {
  const names = [
    ...intent.links.map(({ name }) => name),
    ...intent.addresses.map(({ link }) => link),
    ...intent.routes.map(({ context }) => context),
  ];
  const links = [...new Set(names)].map((name, index) => linkFact(name, { index }));
  const scene = sampleScene({ facts: { ...quietFacts(), links, addresses: [], routes: [] }, intent });
  return [gatewayNotOnLink, routeNamesPort, routeNamesMissingLink].flatMap((rule) =>
    rule.judge(scene).map(({ what }) => `${rule.id}: ${what}`),
  );
}

test('of all real-life interfaces files only the two of the seed are an alarm, each for its own line', () => {
  const found = readInterfacesCorpus().flatMap(({ name, files, dialect }) => {
    const reading = { dialect: dialect === 'ifupdown2' ? dialect : 'ifupdown', links: [] } as const;
    return alarmsOf(intentOfInterfaces(parseInterfaces(files, INTERFACES), reading)).map((alarm) => `${name} ${alarm}`);
  });
  const line = `${INTERFACES}, line 15 sets the route 192.0.2.192/26 over`;
  assert.deepEqual(found, [
    `seed-after route-names-port: ${line} eth0, which is a port of br0`,
    `seed-before route-names-missing-link: ${line} br0, which does not exist`,
  ]);
});

test('files of netplan and networkd that work are no alarm', () => {
  const netplan = readCorpus('netplan').filter(({ name }) => !name.startsWith('broken'));
  const networkd = readCorpus('networkd').filter(({ name }) => !name.startsWith('broken'));
  assert.ok(netplan.length + networkd.length > 25);
  const found = [
    ...netplan.map(({ name, files, links }) => [`netplan ${name}`, alarmsOf(intentOfNetplan(files, links))] as const),
    ...networkd.map(
      ({ name, files, links }) => [`networkd ${name}`, alarmsOf(intentOfNetworkd(files, links))] as const,
    ),
  ];
  assert.deepEqual(
    found.filter(([, alarms]) => alarms.length > 0),
    [],
  );
});
