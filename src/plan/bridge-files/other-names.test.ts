import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withChanges } from '../../../test/support/bridge-layout.ts';
import { INTERFACES } from '../../../test/support/interfaces-corpus.ts';
import { parseInterfaces } from '../../parse/interfaces.ts';
import { intentOfInterfaces } from '../../parse/interfaces-intent.ts';
import { interfacesBridgeFiles } from './ifupdown.ts';

const LINKS = [{ name: 'eth0', mac: '52:54:00:aa:00:01', altNames: ['enp1s0f0'] }];
const TEXT = [
  'auto lo enp1s0f0 enp1s0f0:1',
  'iface lo inet loopback',
  '# the way out',
  'iface enp1s0f0 inet static',
  '    address 192.0.2.2/24',
  '    gateway 192.0.2.1',
  '    up ip route add 198.18.0.0/15 via 192.0.2.1 dev enp1s0f0',
  '    up /usr/local/bin/tell enp1s0f0',
  'iface enp1s0f0:1 inet static',
  '    address 192.0.2.7/32',
  '',
].join('\n');

function planned(text: string, acceptRa?: string) {
  const files = [{ path: INTERFACES, text }];
  const intent = intentOfInterfaces(parseInterfaces(files, INTERFACES), { links: LINKS });
  const { addresses, routes } = intent;
  const bridge = { name: 'br0', mac: '52:54:00:aa:00:01' };
  const wanted = {
    files,
    links: LINKS,
    uplink: 'eth0',
    bridge,
    addresses,
    routes,
    needsAdvertisements: false,
    acceptRa,
  };
  return { files, intent, rendered: interfacesBridgeFiles(wanted) };
}

test('a stanza under another name of the uplink moves to the bridge, and its port has the name of the kernel', () => {
  const { files, intent, rendered } = planned(TEXT);
  assert.ok(rendered.ok, rendered.ok ? '' : rendered.reason);
  const after = intentOfInterfaces(parseInterfaces(withChanges(files, rendered.files), INTERFACES), { links: LINKS });
  const bridge = after.links.find(({ name }) => name === 'br0');
  assert.deepEqual([bridge?.ports, bridge?.isAutomatic, bridge?.mac], [['eth0'], true, '52:54:00:aa:00:01']);
  const moved = (link: string | null) => (link === 'eth0' ? 'br0' : link);
  assert.deepEqual(
    after.addresses.map(({ link, address }) => [link, address]),
    intent.addresses.map(({ link, address }) => [moved(link), address]),
  );
  assert.deepEqual(
    after.routes.map(({ link, context, destination }) => [link, context, destination]),
    intent.routes.map(({ link, context, destination }) => [moved(link), moved(context), destination]),
  );
  assert.deepEqual(
    rendered.left?.map(({ text }) => text),
    ['up /usr/local/bin/tell enp1s0f0'],
  );
  assert.match(rendered.files[0]?.text ?? '', /^# the way out$/m);
});

test('advertisements are taken as before: by another name ifup has set nothing', () => {
  const inet6 = 'iface enp1s0f0 inet6 static\n    address 2001:db8::2/64\n    gateway fe80::1\n';
  const fileOf = (text: string) => {
    const { rendered } = planned(text, '1');
    assert.ok(rendered.ok, rendered.ok ? '' : rendered.reason);
    return rendered.files[0]?.text ?? '';
  };
  assert.match(fileOf(`${TEXT}${inet6}`), /iface br0 inet6 static\n +accept_ra 1\n/);
  assert.doesNotMatch(fileOf(`${TEXT}${inet6}`.replaceAll('enp1s0f0', 'eth0')), /accept_ra/);
});

test('stanzas under two names of one link are refused with what to write', () => {
  const { rendered } = planned(`${TEXT}iface eth0 inet6 static\n    address 2001:db8::2/64\n`);
  assert.ok(!rendered.ok);
  assert.match(rendered.reason, /^eth0 and enp1s0f0 are one link.*write eth0 in all of them, then plan again$/);
});
