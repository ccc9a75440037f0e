import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addressFact,
  bridgedFacts,
  HOST,
  linkFact,
  MAC,
  quietFacts,
  routeFact,
  sampleScene,
} from '../../test/support/network-sample.ts';
import type { LinkFact, NetworkFacts } from '../model/network-facts.ts';
import type { IntentLink, NetworkOwner } from '../model/network-intent.ts';
import { bridgeMacNotPinned, bridgeMacNotUplinks, uplinkMacChanged } from './explain-bridge-mac.ts';
import {
  addressOnPort,
  bridgeDummyPort,
  bridgeWithoutPorts,
  stpOn,
  uplinkWithoutAddress,
} from './explain-bridge-ports.ts';

function withLink(facts: NetworkFacts, name: string, more: Partial<LinkFact>): NetworkFacts {
  return { ...facts, links: facts.links.map((link) => (link.name === name ? { ...link, ...more } : link)) };
}

function plus(facts: NetworkFacts, ...links: LinkFact[]): NetworkFacts {
  return { ...facts, links: [...facts.links, ...links] };
}

const BRIDGE: IntentLink = {
  name: 'br0',
  kind: 'bridge',
  isAutomatic: true,
  mac: null,
  mtu: null,
  ports: ['eth0'],
  stp: false,
  forwardDelaySec: 0,
  spot: { path: '/etc/network/interfaces', line: 6 },
};

describe('the MAC of a bridge over the uplink', () => {
  test('another than the uplink has is an alarm that names both, and the donor', () => {
    const tap = linkFact('tap0', { index: 4, kind: 'tun', mac: '0a:00:00:00:00:01', master: 'br0' });
    const facts = plus(withLink(bridgedFacts(), 'br0', { mac: '0a:00:00:00:00:01' }), tap);
    const [found] = bridgeMacNotUplinks.judge(sampleScene({ facts, intent: { links: [BRIDGE] } }));
    assert.equal(found?.level, 'alarm');
    assert.equal(found?.what, `br0 has the MAC 0a:00:00:00:00:01, and its uplink eth0 has ${MAC}`);
    assert.match(found?.cause ?? '', /lowest of its ports' MACs: this one is tap0's/);
    assert.equal(
      found?.fix,
      `ip link set dev br0 address ${MAC}; in /etc/network/interfaces, below \`iface br0\`: bridge_hw ${MAC}`,
    );
  });

  test('the fix speaks the dialect of the owner, and names the file that makes the bridge', () => {
    const facts = withLink(bridgedFacts(), 'br0', { mac: '0a:00:00:00:00:01' });
    const fixOf = (owner: NetworkOwner, path: string) => {
      const intent = { links: [{ ...BRIDGE, spot: { path, line: 6 } }] };
      return bridgeMacNotUplinks.judge(sampleScene({ facts, owner, intent }))[0]?.fix?.split('; ')[1];
    };
    assert.equal(
      fixOf('ifupdown2', '/etc/network/interfaces.d/br0'),
      `in /etc/network/interfaces.d/br0, below \`iface br0\`: hwaddress ${MAC}`,
    );
    assert.equal(
      fixOf('networkd', '/etc/systemd/network/10-br0.netdev'),
      `in /etc/systemd/network/10-br0.netdev: [NetDev] MACAddress=${MAC}`,
    );
    assert.equal(fixOf('netplan', '/etc/netplan/60.yaml'), `in /etc/netplan/60.yaml, at br0: macaddress: ${MAC}`);
    const elsewhere = 'and the same where the link is made at boot';
    assert.equal(fixOf('networkd', '/etc/systemd/network/10-br0.network'), elsewhere);
    assert.equal(
      bridgeMacNotUplinks.judge(sampleScene({ facts }))[0]?.fix?.split('; ')[1],
      elsewhere,
      'no file makes it',
    );
  });

  test('the same as the uplink is none, and a bridge without the uplink may have any', () => {
    assert.deepEqual(bridgeMacNotUplinks.judge(sampleScene({ facts: bridgedFacts() })), []);
    const inner = plus(quietFacts(), linkFact('br1', { index: 5, kind: 'bridge', mac: '0a:00:00:00:00:01' }));
    assert.deepEqual(bridgeMacNotUplinks.judge(sampleScene({ facts: inner })), []);
  });

  test('the right one by luck is a surprise, pinned in a file it is none', () => {
    const facts = plus(
      bridgedFacts(),
      linkFact('dummy0', { index: 4, kind: 'dummy', mac: '92:0e:c3:fe:5f:ae', master: 'br0' }),
    );
    const [found] = bridgeMacNotPinned.judge(sampleScene({ facts, intent: { links: [BRIDGE] } }));
    assert.equal(found?.level, 'surprise');
    assert.match(found?.cause ?? '', /by luck: dummy0 has 92:0e:c3:fe:5f:ae/);
    assert.deepEqual(
      bridgeMacNotPinned.judge(sampleScene({ facts, intent: { links: [{ ...BRIDGE, mac: MAC }] } })),
      [],
    );
    // Whoever made a bridge that no file knows may have set its MAC.
    assert.deepEqual(bridgeMacNotPinned.judge(sampleScene({ facts })), []);
  });

  test('an uplink with another MAC than is burnt in is an alarm', () => {
    const facts = withLink(quietFacts(), 'eth0', { mac: '02:00:00:00:00:01' });
    assert.equal(uplinkMacChanged.judge(sampleScene({ facts }))[0]?.level, 'alarm');
    assert.deepEqual(uplinkMacChanged.judge(sampleScene()), []);
    // A virtual card has no MAC burnt in, and nobody knows what it should be.
    const virtual = withLink(facts, 'eth0', { permanentMac: null });
    assert.deepEqual(uplinkMacChanged.judge(sampleScene({ facts: virtual })), []);
    assert.match(
      uplinkMacChanged.judge(sampleScene({ facts: virtual, host: HOST }))[0]?.cause ?? '',
      /host\.yaml says/,
    );
  });
});

describe('the ports of a bridge', () => {
  test('a bridge without one is a note, but not if Docker minds it', () => {
    const facts = plus(quietFacts(), linkFact('br1', { kind: 'bridge' }), linkFact('docker0', { kind: 'bridge' }));
    const found = bridgeWithoutPorts.judge(sampleScene({ facts }));
    assert.deepEqual(
      found.map(({ level, what }) => [level, what]),
      [['note', 'the bridge br1 has no port']],
    );
    assert.deepEqual(bridgeWithoutPorts.judge(sampleScene({ facts: bridgedFacts() })), []);
  });

  test('a dummy beside the uplink is a surprise, on a bridge of guests a note', () => {
    const dummy = (master: string) => linkFact('dummy0', { index: 4, kind: 'dummy', mac: '92:0e:c3:fe:5f:ae', master });
    const beside = plus(bridgedFacts(), dummy('br0'));
    assert.equal(bridgeDummyPort.judge(sampleScene({ facts: beside }))[0]?.level, 'surprise');
    const alone = plus(quietFacts(), linkFact('br1', { index: 5, kind: 'bridge' }), dummy('br1'));
    assert.equal(bridgeDummyPort.judge(sampleScene({ facts: alone }))[0]?.level, 'note');
    const free = plus(quietFacts(), linkFact('dummy0', { kind: 'dummy' }));
    assert.deepEqual(bridgeDummyPort.judge(sampleScene({ facts: free })), []);
  });

  test('an uplink without an address is a note only while a bridge has it', () => {
    assert.equal(uplinkWithoutAddress.judge(sampleScene({ facts: bridgedFacts() }))[0]?.level, 'note');
    assert.deepEqual(uplinkWithoutAddress.judge(sampleScene()), []);
  });

  test('an address on a port is an alarm with the command that moves it', () => {
    const bridged = bridgedFacts();
    const facts = { ...bridged, addresses: [...bridged.addresses, addressFact('eth0', '192.0.2.201/26')] };
    const [found, ...others] = addressOnPort.judge(sampleScene({ facts }));
    assert.equal(others.length, 0);
    assert.equal(found?.level, 'alarm');
    assert.match(
      found?.fix ?? '',
      /^ip address replace 192\.0\.2\.201\/26 dev br0; ip address delete 192\.0\.2\.201\/26 dev eth0/,
    );
    assert.deepEqual(addressOnPort.judge(sampleScene({ facts: bridged })), []);
  });

  test('a spanning tree on the bridge with the uplink is an alarm that says how long it is deaf', () => {
    const stp = { stp: true, forwardDelayMs: 15_000, vlanFiltering: false };
    const waiting = { state: 'listening', isolated: false, learning: true };
    const facts = withLink(withLink(bridgedFacts(), 'br0', { bridge: stp }), 'eth0', { bridgePort: waiting });
    const [found] = stpOn.judge(sampleScene({ facts }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.consequence ?? '', /deaf for 30 s.*Now: eth0 is listening/s);
    // With the tree off the forward delay is not waited for: net/bridge/br_stp_if.c.
    const off = withLink(bridgedFacts(), 'br0', { bridge: { ...stp, stp: false } });
    assert.deepEqual(stpOn.judge(sampleScene({ facts: off })), []);
    const inner = plus(
      quietFacts(),
      linkFact('br1', { kind: 'bridge', bridge: stp }),
      linkFact('virbr0', { kind: 'bridge', bridge: stp }),
    );
    assert.deepEqual(
      stpOn.judge(sampleScene({ facts: inner })).map(({ level }) => level),
      ['surprise'],
    );
  });
});

test('the uplink is found below a bridge, past dummies and taps', () => {
  const facts = plus(
    bridgedFacts(),
    linkFact('dummy0', { index: 4, kind: 'dummy', master: 'br0' }),
    linkFact('tap0', { index: 5, kind: 'tun', master: 'br0' }),
  );
  const { uplink, outside } = sampleScene({ facts });
  assert.deepEqual([uplink?.name, outside?.name], ['eth0', 'br0']);
  const unrouted = { ...quietFacts(), routes: [routeFact('192.0.2.193/32', { link: 'eth0' })] };
  assert.equal(sampleScene({ facts: unrouted }).uplink?.name, 'eth0');
  const bridged = { ...bridgedFacts(), routes: [] };
  assert.equal(sampleScene({ facts: bridged }).outside?.name, 'br0');
  const guests = plus({ ...quietFacts(), addresses: [], routes: [] }, linkFact('br1', { index: 6, kind: 'bridge' }));
  assert.equal(sampleScene({ facts: { ...guests, addresses: [addressFact('br1', '203.0.113.1/29')] } }).uplink, null);
});
