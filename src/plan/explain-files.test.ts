import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressFact, intentRoute, quietFacts, routeFact, sampleScene } from '../../test/support/network-sample.ts';
import type { NetworkFacts, ServiceFacts } from '../model/network-facts.ts';
import type { IntentAddress, NetworkIntent } from '../model/network-intent.ts';
import { cloudInitOverwrites } from './explain-cloud-init.ts';
import {
  addressNotInFiles,
  addressNotRunning,
  filesNotUnderstood,
  routeNotInFiles,
  routeNotRunning,
} from './explain-files.ts';
import { neverStopNetworking, ownerMissing, ownerTwice } from './explain-owner.ts';

const SPOT = { path: '/etc/network/interfaces', line: 8 };
const ADDRESSES: IntentAddress[] = [
  { link: 'eth0', family: 'ipv4', address: '192.0.2.200', prefixLength: 32, peer: '192.0.2.193', spot: SPOT },
  { link: 'eth0', family: 'ipv6', address: '2001:db8:1:2::2', prefixLength: 128, peer: null, spot: SPOT },
];
const ROUTES = [
  intentRoute('default', { via: '192.0.2.193', form: 'gateway', spot: SPOT }),
  intentRoute('default', { via: 'fe80::1', form: 'gateway', spot: SPOT }),
];
const AGREEING: Partial<NetworkIntent> = { addresses: ADDRESSES, routes: ROUTES };

function served(services: Partial<ServiceFacts>, files: Record<string, string> = {}): NetworkFacts {
  const quiet = quietFacts();
  return {
    ...quiet,
    services: { ...quiet.services, ...services },
    files: Object.entries(files).map(([path, text]) => ({ path, text, mode: 0o644 })),
  };
}

describe('files and the running network', () => {
  test('that say the same are nothing to tell', () => {
    for (const rule of [addressNotRunning, addressNotInFiles, routeNotRunning, routeNotInFiles, filesNotUnderstood]) {
      assert.deepEqual(rule.judge(sampleScene({ intent: AGREEING })), [], rule.id);
    }
  });

  test('an address of the files that does not run is a surprise with both ways to mend it', () => {
    const added: IntentAddress = {
      link: 'eth0:1',
      family: 'ipv4',
      address: '198.51.100.20',
      prefixLength: 32,
      peer: null,
      spot: SPOT,
    };
    const intent = { ...AGREEING, addresses: [...ADDRESSES, added] };
    const [found, ...others] = addressNotRunning.judge(sampleScene({ intent }));
    assert.equal(others.length, 0);
    assert.equal(
      found?.what,
      '/etc/network/interfaces, line 8 gives eth0 the address 198.51.100.20/32, and it does not have it',
    );
    assert.match(found?.fix ?? '', /ip address add 198\.51\.100\.20\/32 dev eth0/);
    const elsewhere = { ...quietFacts(), addresses: [addressFact('br0', '198.51.100.20/32')] };
    assert.match(
      addressNotRunning.judge(sampleScene({ facts: elsewhere, intent: { addresses: [added] } }))[0]?.cause ?? '',
      /^it is on br0/,
    );
  });

  test('an address that no file has is a surprise, but not a guest, DHCP or a line nobody understood', () => {
    const quiet = quietFacts();
    const plus = (address: ReturnType<typeof addressFact>, more: Partial<NetworkIntent> = {}) =>
      addressNotInFiles.judge(
        sampleScene({
          facts: { ...quiet, addresses: [...quiet.addresses, address] },
          intent: { ...AGREEING, ...more },
        }),
      );
    const byHand = addressFact('eth0', '198.51.100.20/32');
    assert.match(plus(byHand)[0]?.fix ?? '', /ip address delete 198\.51\.100\.20\/32 dev eth0/);
    assert.deepEqual(plus(addressFact('docker0', '172.17.0.1/16')), []);
    assert.deepEqual(plus({ ...byHand, isDynamic: true }), []);
    assert.deepEqual(
      plus(byHand, { notUnderstood: [{ spot: SPOT, text: 'up my-script 198.51.100.20', why: 'a script' }] }),
      [],
    );
    assert.deepEqual(plus(byHand, { dynamic: [{ link: 'eth0', family: 'ipv4', method: 'dhcp', spot: SPOT }] }), []);
    assert.deepEqual(addressNotInFiles.judge(sampleScene()), [], 'where no file is read none is missed');
  });

  test('a route of the files that does not run is a surprise; a line that names a port is told elsewhere', () => {
    const route = intentRoute('10.1.0.0/16', { via: '192.0.2.193' });
    const intent = { ...AGREEING, routes: [...ROUTES, route] };
    assert.match(
      routeNotRunning.judge(sampleScene({ intent }))[0]?.what ?? '',
      /the IPv4 route 10\.1\.0\.0\/16 via 192\.0\.2\.193/,
    );
    const other = {
      ...AGREEING,
      routes: [intentRoute('default', { via: '192.0.2.250', form: 'gateway', isOnLink: true }), ROUTES[1] ?? route],
    };
    assert.match(
      routeNotRunning.judge(sampleScene({ intent: other }))[0]?.consequence ?? '',
      /Now it is via 192\.0\.2\.193 dev eth0/,
    );
    const missing = { ...AGREEING, routes: [...ROUTES, { ...route, link: 'br9' }] };
    assert.deepEqual(routeNotRunning.judge(sampleScene({ intent: missing })), []);
  });

  test('a default route that no file has says that it is gone after a boot', () => {
    const intent = { addresses: ADDRESSES, routes: ROUTES.slice(1) };
    const [found, ...others] = routeNotInFiles.judge(sampleScene({ intent }));
    assert.equal(others.length, 0);
    assert.match(found?.consequence ?? '', /after the next boot the host has no IPv4 internet/);
    const learned = {
      ...quietFacts(),
      routes: [routeFact('default', { via: '192.0.2.193', link: 'eth0', protocol: 'dhcp' })],
    };
    assert.deepEqual(routeNotInFiles.judge(sampleScene({ facts: learned, intent })), []);
  });

  test('what is not understood is a note each, with file, line and reason', () => {
    const notUnderstood = [{ spot: SPOT, text: '  up /usr/local/bin/net', why: 'it is a program of yours' }];
    const [found] = filesNotUnderstood.judge(sampleScene({ intent: { notUnderstood } }));
    assert.equal(found?.level, 'note');
    assert.equal(found?.what, '/etc/network/interfaces, line 8 is not understood: up /usr/local/bin/net');
    assert.equal(found?.cause, 'it is a program of yours');
  });
});

describe('who configures the network', () => {
  const interfaces = { '/etc/network/interfaces': 'auto eth0\niface eth0 inet static\n' };
  const network = { '/etc/systemd/network/10-eth0.network': '[Match]\nName=eth0\n' };

  test('two programs with a file for one link are an alarm, two with files for two links are none', () => {
    const both = { networking: 'active', networkd: 'active' } as const;
    const [found] = ownerTwice.judge(sampleScene({ facts: served(both, { ...interfaces, ...network }) }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.what ?? '', /^ifupdown and systemd-networkd both configure eth0/);
    assert.match(found?.fix ?? '', /do not stop it/);
    const apart = { '/etc/systemd/network/10-eth1.network': '[Match]\nName=eth1\n' };
    assert.deepEqual(ownerTwice.judge(sampleScene({ facts: served(both, { ...interfaces, ...apart }) })), []);
    const manual = { '/etc/network/interfaces': 'iface eth0 inet manual\n' };
    assert.deepEqual(ownerTwice.judge(sampleScene({ facts: served(both, { ...manual, ...network }) })), []);
    const one = { networking: 'active', networkd: 'inactive' } as const;
    assert.deepEqual(ownerTwice.judge(sampleScene({ facts: served(one, { ...interfaces, ...network }) })), []);
  });

  test('interfaces files that nobody reads at boot are an alarm', () => {
    const judge = (services: Partial<ServiceFacts>) =>
      ownerMissing.judge(sampleScene({ facts: served(services, interfaces) }));
    assert.match(judge({ networking: 'inactive' })[0]?.fix ?? '', /^systemctl enable networking\.service/);
    assert.equal(judge({ networking: 'absent' })[0]?.fix, 'apt-get install ifupdown');
    assert.deepEqual(judge({ networking: 'active' }), []);
    assert.deepEqual(judge({ networking: 'inactive', networkd: 'active' }), []);
    assert.deepEqual(judge({ networking: 'inactive', systemd: false }), []);
  });

  test('a fixed address without any file is a surprise, one by DHCP or by a script of the files is not', () => {
    const judge = (more: Parameters<typeof sampleScene>[0]) =>
      ownerMissing.judge(sampleScene({ owner: 'none', ...more }));
    const [found] = judge({});
    assert.equal(found?.level, 'surprise');
    assert.match(found?.what ?? '', /^eth0 has a fixed address/);
    const quiet = quietFacts();
    const leased = quiet.addresses.map((address) => ({ ...address, isDynamic: true }));
    assert.deepEqual(judge({ facts: { ...quiet, addresses: leased } }), []);
    assert.deepEqual(judge({ owner: 'network-manager' }), []);
    assert.deepEqual(judge({ intent: { notUnderstood: [{ spot: SPOT, text: 'up x', why: 'a script' }] } }), []);
  });

  test('never to stop networking.service is told to those whose network it is', () => {
    assert.equal(neverStopNetworking.judge(sampleScene({ owner: 'ifupdown' })).length, 1);
    assert.deepEqual(neverStopNetworking.judge(sampleScene({ owner: 'networkd' })), []);
  });

  test('a file of cloud-init is a note alone, a surprise beside another, and nothing once it was told to keep off', () => {
    const file = { '/etc/netplan/50-cloud-init.yaml': 'network: {}\n' };
    const judge = (files: Record<string, string>, cloudInit: 'active' | 'absent' = 'active') =>
      cloudInitOverwrites.judge(sampleScene({ facts: served({ cloudInit }, files) }));
    assert.equal(judge(file)[0]?.level, 'note');
    const [found] = judge({ ...file, '/etc/netplan/60-mine.yaml': 'network: {}\n' });
    assert.equal(found?.level, 'surprise');
    assert.match(found?.consequence ?? '', /60-mine\.yaml/);
    assert.match(found?.fix ?? '', /99-disable-network-config\.cfg/);
    for (const text of ['network: {config: disabled}\n', 'network:\n  config: disabled\n']) {
      assert.deepEqual(judge({ ...file, '/etc/cloud/cloud.cfg.d/99-off.cfg': text }), []);
    }
    assert.deepEqual(judge(file, 'absent'), []);
    assert.deepEqual(judge({}), []);
  });
});
