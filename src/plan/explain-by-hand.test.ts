import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressFact, bridgedFacts, quietFacts, sampleScene } from '../../test/support/network-sample.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import { parseInterfaces } from '../parse/interfaces.ts';
import { intentOfInterfaces } from '../parse/interfaces-intent.ts';
import { filesRefused, linkNotAutomatic } from './explain-by-hand.ts';
import { addressNotInFiles, addressNotRunning } from './explain-files.ts';
import { routeNamesPort } from './explain-route-lines.ts';

const PATH = '/etc/network/interfaces';

function sceneOf(text: string, facts: NetworkFacts) {
  const files = [{ path: PATH, text, mode: 0o644 }];
  const intent = intentOfInterfaces(parseInterfaces(files, PATH), { links: facts.links });
  return sampleScene({ facts: { ...facts, files }, intent });
}

test('a link that runs and that no boot brings up is an alarm on the way to the provider, with the line that is missing', () => {
  const quiet = quietFacts();
  const [main] = quiet.addresses.filter(({ family, scope }) => family === 'ipv4' && scope === 'global');
  const text = `iface eth0 inet static\n    address ${main?.address}/32\n    pointopoint ${main?.peer}\n`;
  const scene = sceneOf(text, quiet);
  const [found, ...others] = linkNotAutomatic.judge(scene);
  assert.deepEqual(others, []);
  assert.equal(found?.level, 'alarm');
  assert.equal(found?.fix, `at the end of ${PATH} write: auto eth0`);
  assert.deepEqual(
    addressNotInFiles.judge(scene).filter(({ what }) => what.includes(main?.address ?? '?')),
    [],
    'a file has it',
  );
  assert.deepEqual(linkNotAutomatic.judge(sceneOf(`auto eth0\n${text}`, quiet)), []);
});

test('a bridge that nobody brings up makes no port, and what it would have is not expected after a boot', () => {
  const bridge = 'iface br0 inet static\n    address 203.0.113.2/24\n    bridge_ports eth0\n';
  const text = `auto eth0\niface eth0 inet manual\n    up ip route add 203.0.113.128/25 dev eth0\n${bridge}`;
  const idle = sceneOf(text, quietFacts());
  for (const rule of [routeNamesPort, addressNotRunning, linkNotAutomatic])
    assert.deepEqual(rule.judge(idle), [], rule.id);
  assert.equal(routeNamesPort.judge(sceneOf(`${text}auto br0\n`, quietFacts())).length, 1);
  const made = bridgedFacts();
  const running = sceneOf(bridge, { ...made, addresses: [addressFact('br0', '203.0.113.2/24')] });
  assert.match(linkNotAutomatic.judge(running)[0]?.fix ?? '', /write: auto br0$/);
});

test('an alias that is left out is a surprise where it runs', () => {
  const quiet = quietFacts();
  const facts = { ...quiet, addresses: [...quiet.addresses, addressFact('eth1', '203.0.113.7/32')] };
  const text = 'auto eth1\niface eth1 inet manual\niface eth1:1 inet static\n    address 203.0.113.7/32\n';
  const [found] = linkNotAutomatic.judge(sceneOf(text, facts));
  assert.deepEqual([found?.level, found?.what], ['surprise', 'nothing brings eth1:1 up at the next boot']);
});

test('a mistake in the first file is an alarm, because ifupdown brings up nothing then', () => {
  const text = 'auto eth0\niface eth0 inet static\n    address 192.0.2.200/26\n    gateway\n';
  const [found] = filesRefused.judge(sceneOf(text, quietFacts()));
  assert.equal(found?.level, 'alarm');
  assert.match(found?.what ?? '', /refuses \/etc\/network\/interfaces for its line 4: gateway$/);
  assert.deepEqual(linkNotAutomatic.judge(sceneOf(text, quietFacts())), [], 'no name would bring it up');
  assert.deepEqual(filesRefused.judge({ ...sceneOf(text, quietFacts()), owner: 'ifupdown2' }), []);
});
