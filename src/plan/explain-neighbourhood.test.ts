import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addressFact,
  bridgedFacts,
  HOST,
  linkFact,
  MAC,
  proxyFact,
  quietFacts,
  routeFact,
  sampleScene,
} from '../../test/support/network-sample.ts';
import type { FdbFact, FirewallFacts, NetworkFacts } from '../model/network-facts.ts';
import { advertisementsStopped } from './explain-advertisements.ts';
import { arpAnswersInternal, proxyArpOnUplink } from './explain-arp.ts';
import { bridgedFramesFiltered, forwardPolicyDrop } from './explain-firewall.ts';
import { foreignMacBridged, guardMissing, guardStoppedFrames, ownMacReturns } from './explain-foreign-macs.ts';
import { linkLocalNotOfMac, proxyEntryMissing } from './explain-ipv6.ts';
import { broadcastOutsidePrefix, vlanMtu } from './explain-links.ts';

const GUEST = '52:54:00:12:34:56';

function withFdb(facts: NetworkFacts, ...entries: Partial<FdbFact>[]): NetworkFacts {
  const whole = entries.map((entry) => ({ bridge: 'br0', port: 'tap0', mac: GUEST, isLocal: false, ...entry }));
  return { ...facts, forwardingDatabase: whole };
}

function firewalled(facts: NetworkFacts, more: Partial<FirewallFacts>): NetworkFacts {
  return { ...facts, firewall: { ...facts.firewall, ...more } };
}

describe('MACs that the provider does not know', () => {
  test('a guest on the bridge with the uplink: a surprise where nobody knows what was ordered, else an alarm', () => {
    const facts = withFdb(bridgedFacts(), {});
    assert.equal(foreignMacBridged.judge(sampleScene({ facts }))[0]?.level, 'surprise');
    const [found] = foreignMacBridged.judge(sampleScene({ facts, host: HOST }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.what ?? '', /52:54:00:12:34:56 \(port tap0\) is on br0 together with the uplink eth0/);
  });

  test('the virtual MAC of host.yaml, the host itself, what comes from outside and a dummy are none', () => {
    const extra = { kind: 'single', address: '198.51.100.20', gateway: null, mac: GUEST };
    const host = { ...HOST, extraIpv4: [extra] } as unknown as typeof HOST;
    assert.deepEqual(foreignMacBridged.judge(sampleScene({ facts: withFdb(bridgedFacts(), {}), host })), []);
    const harmless = withFdb(
      bridgedFacts(),
      { port: 'br0', mac: MAC },
      { port: 'eth0', mac: '00:23:9c:17:34:23' },
      { port: 'dummy0', mac: '92:0e:c3:fe:5f:ae', isLocal: true },
      { port: 'tap0', mac: '33:33:00:00:00:01' },
    );
    assert.deepEqual(foreignMacBridged.judge(sampleScene({ facts: harmless, host: HOST })), []);
  });

  test('a guest seen at the port of the uplink is an alarm', () => {
    const bridged = bridgedFacts();
    const tap = linkFact('vnet0', { index: 5, kind: 'tun', mac: 'fe:54:00:12:34:56', master: 'br0' });
    const facts = withFdb({ ...bridged, links: [...bridged.links, tap] }, { port: 'eth0' });
    const [found] = ownMacReturns.judge(sampleScene({ facts }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.what ?? '', /the MAC of the guest at vnet0, at the port of the uplink eth0/);
    assert.deepEqual(ownMacReturns.judge(sampleScene({ facts: withFdb(bridged, { port: 'eth0' }) })), []);
  });

  test('what the guard stopped is an alarm that names the port', () => {
    const guard = { uplink: 'eth0', allowedMacs: [MAC], droppedFrames: 3, foreignMacs: [GUEST] };
    const facts = firewalled(withFdb(bridgedFacts(), {}), { guard });
    assert.match(
      guardStoppedFrames.judge(sampleScene({ facts }))[0]?.what ?? '',
      /3 frames of 52:54:00:12:34:56 \(tap0\)/,
    );
    const clean = firewalled(facts, { guard: { ...guard, droppedFrames: 0, foreignMacs: [] } });
    assert.deepEqual(guardStoppedFrames.judge(sampleScene({ facts: clean })), []);
    assert.deepEqual(guardMissing.judge(sampleScene({ facts: clean, host: HOST })), []);
  });

  test('no guard is a surprise only on a bridged host that Lodge manages', () => {
    assert.equal(guardMissing.judge(sampleScene({ facts: bridgedFacts(), host: HOST })).length, 1);
    assert.deepEqual(guardMissing.judge(sampleScene({ facts: bridgedFacts() })), []);
    assert.deepEqual(guardMissing.judge(sampleScene({ host: HOST })), []);
  });
});

describe('answers on the wire of the provider', () => {
  const inner = () => {
    const quiet = quietFacts();
    const addresses = [...quiet.addresses, addressFact('br1', '10.9.9.1/24')];
    return { ...quiet, links: [...quiet.links, linkFact('br1', { index: 5, kind: 'bridge' })], addresses };
  };

  test('proxy_arp of a host that forwards is an alarm that names what it would answer for', () => {
    const sysctls = { 'net/ipv4/conf/eth0/proxy_arp': '1', 'net/ipv4/ip_forward': '1' };
    const extra = { kind: 'single', address: '198.51.100.20', gateway: null, mac: null };
    const host = { ...HOST, extraIpv4: [extra] } as unknown as typeof HOST;
    const facts = {
      ...inner(),
      sysctls,
      routes: [...quietFacts().routes, routeFact('198.51.100.20/32', { link: 'lg1' })],
    };
    const [found] = proxyArpOnUplink.judge(sampleScene({ facts, host }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.consequence ?? '', /10\.9\.9\.0\/24 \(br1\)/);
    assert.match(
      found?.fix ?? '',
      /^ip neighbour replace proxy 198\.51\.100\.20 dev eth0; sysctl -w net\.ipv4\.conf\.eth0\.proxy_arp=0;/,
    );
    const still = { ...facts, sysctls: { 'net/ipv4/conf/all/proxy_arp': '1' } };
    assert.equal(proxyArpOnUplink.judge(sampleScene({ facts: still }))[0]?.level, 'surprise');
    const elsewhere = { ...facts, sysctls: { 'net/ipv4/conf/br1/proxy_arp': '1', 'net/ipv4/ip_forward': '1' } };
    assert.deepEqual(proxyArpOnUplink.judge(sampleScene({ facts: elsewhere })), []);
  });

  test('arp_ignore=0 is a note where there are internal addresses to be told', () => {
    assert.equal(arpAnswersInternal.judge(sampleScene({ facts: inner() }))[0]?.level, 'note');
    const ignoring = { ...inner(), sysctls: { 'net/ipv4/conf/all/arp_ignore': '1' } };
    assert.deepEqual(arpAnswersInternal.judge(sampleScene({ facts: ignoring })), []);
    assert.deepEqual(arpAnswersInternal.judge(sampleScene()), []);
  });

  test('guests of an on-link prefix without a proxy entry are an alarm, each with its command', () => {
    const ipv6 = { ...HOST.ipv6, mode: 'on-link' };
    const host = { ...HOST, ipv6 } as unknown as typeof HOST;
    const quiet = quietFacts();
    const routes = [...quiet.routes, routeFact('2001:db8:1:2::a1/128', { link: 'lg1' })];
    const sysctls = { 'net/ipv6/conf/eth0/proxy_ndp': '1' };
    const [found] = proxyEntryMissing.judge(sampleScene({ facts: { ...quiet, routes, sysctls }, host }));
    assert.equal(found?.level, 'alarm');
    assert.equal(found?.fix, 'ip -6 neighbour replace proxy 2001:db8:1:2::a1 dev eth0');
    const answered = { ...quiet, routes, sysctls, neighbours: [proxyFact('eth0', '2001:db8:1:2::a1')] };
    assert.deepEqual(proxyEntryMissing.judge(sampleScene({ facts: answered, host })), []);
    assert.deepEqual(proxyEntryMissing.judge(sampleScene({ facts: { ...quiet, routes }, host: HOST })), []);
    const off = { ...answered, sysctls: {} };
    assert.match(
      proxyEntryMissing.judge(sampleScene({ facts: off, host }))[0]?.fix ?? '',
      /^sysctl -w net\.ipv6\.conf\.eth0\.proxy_ndp=1/,
    );
  });
});

describe('IPv6 of the uplink', () => {
  const forwarding = { 'net/ipv6/conf/eth0/forwarding': '1', 'net/ipv6/conf/eth0/accept_ra': '1' };
  const learned = () => {
    const quiet = quietFacts();
    return { ...quiet, routes: [routeFact('default', { via: 'fe80::1', link: 'eth0', protocol: 'ra' })] };
  };

  test('forwarding with accept_ra=1 is an alarm while the default route hangs on advertisements', () => {
    const [found] = advertisementsStopped.judge(sampleScene({ facts: { ...learned(), sysctls: forwarding } }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.consequence ?? '', /via fe80::1 was learned before and is not renewed/);
    assert.match(found?.fix ?? '', /^sysctl -w net\.ipv6\.conf\.eth0\.accept_ra=2;/);
    const gone = { ...quietFacts(), routes: [], sysctls: forwarding };
    const ra = [{ link: 'eth0', family: 'ipv6', method: 'ra', spot: { path: 'x', line: 1 } }] as const;
    assert.equal(advertisementsStopped.judge(sampleScene({ facts: gone, intent: { dynamic: [...ra] } })).length, 1);
    assert.deepEqual(advertisementsStopped.judge(sampleScene({ facts: gone })), []);
  });

  test('accept_ra=2, a static route, and a program that reads advertisements itself are none', () => {
    for (const accept of ['0', '2']) {
      const sysctls = { ...forwarding, 'net/ipv6/conf/eth0/accept_ra': accept };
      assert.deepEqual(advertisementsStopped.judge(sampleScene({ facts: { ...learned(), sysctls } })), []);
    }
    assert.deepEqual(advertisementsStopped.judge(sampleScene({ facts: { ...quietFacts(), sysctls: forwarding } })), []);
  });

  test('a link-local address that is not of the MAC is an alarm where the prefix is routed to it', () => {
    const quiet = quietFacts();
    const addresses = quiet.addresses.map((one) => (one.scope === 'link' ? { ...one, address: 'fe80::1234' } : one));
    const [found] = linkLocalNotOfMac.judge(sampleScene({ facts: { ...quiet, addresses } }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.what ?? '', /is fe80::1234, not fe80::921b:eff:fe12:3456/);
    const none = { ...quiet, addresses: quiet.addresses.filter(({ scope }) => scope !== 'link') };
    assert.match(
      linkLocalNotOfMac.judge(sampleScene({ facts: none, host: HOST }))[0]?.what ?? '',
      /has no link-local address/,
    );
    assert.deepEqual(linkLocalNotOfMac.judge(sampleScene({ host: HOST })), []);
    assert.deepEqual(linkLocalNotOfMac.judge(sampleScene({ facts: bridgedFacts(), host: HOST })), []);
    const onLink = { ...HOST, ipv6: { ...HOST.ipv6, mode: 'on-link' } } as unknown as typeof HOST;
    assert.deepEqual(linkLocalNotOfMac.judge(sampleScene({ facts: none, host: onLink })), []);
  });
});

describe('firewalls', () => {
  const dropping = { family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop' } as const;

  test('a policy of drop on forward is a surprise; one of Lodge or on input is none', () => {
    const facts = firewalled(quietFacts(), { chains: [dropping], hasDocker: true });
    const [found] = forwardPolicyDrop.judge(sampleScene({ facts }));
    assert.match(found?.what ?? '', /^Docker drops forwarded packets by default \(ip filter FORWARD: policy drop\)/);
    const others = [
      { ...dropping, table: 'lodge_nat' },
      { ...dropping, hook: 'input' },
      { ...dropping, policy: 'accept' as const },
    ];
    assert.deepEqual(forwardPolicyDrop.judge(sampleScene({ facts: firewalled(quietFacts(), { chains: others }) })), []);
  });

  test('br_netfilter is a surprise on a bridge with ports, with a policy of drop an alarm', () => {
    const facts = { ...bridgedFacts(), sysctls: { 'net/bridge/bridge-nf-call-iptables': '1' } };
    assert.equal(bridgedFramesFiltered.judge(sampleScene({ facts }))[0]?.level, 'surprise');
    const drops = firewalled(facts, { chains: [dropping] });
    const [found] = bridgedFramesFiltered.judge(sampleScene({ facts: drops }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.fix ?? '', /^sysctl -w net\.bridge\.bridge-nf-call-iptables=0;/);
    assert.deepEqual(bridgedFramesFiltered.judge(sampleScene({ facts: { ...facts, links: quietFacts().links } })), []);
    assert.deepEqual(bridgedFramesFiltered.judge(sampleScene({ facts: bridgedFacts() })), []);
  });
});

describe('numbers that do not fit', () => {
  test('a broadcast address of another network is a surprise that names the line it comes from', () => {
    const quiet = quietFacts();
    const judge = (broadcast: string, text: string) => {
      const addresses = [addressFact('eth0', '192.0.2.195/26', { broadcast })];
      const files = [{ path: '/etc/network/interfaces', text, mode: 0o644 }];
      return broadcastOutsidePrefix.judge(sampleScene({ facts: { ...quiet, addresses, files } }));
    };
    const [found] = judge('188.40.110.255', 'iface eth0 inet static\n  broadcast 188.40.110.255\n');
    assert.equal(found?.level, 'surprise');
    assert.match(found?.what ?? '', /188\.40\.110\.255; that of its network is 192\.0\.2\.255/);
    assert.match(found?.cause ?? '', /^\/etc\/network\/interfaces, line 2 sets it/);
    assert.match(judge('188.40.110.255', '# broadcast 188.40.110.255')[0]?.cause ?? '', /^it was set by hand/);
    assert.deepEqual(judge('192.0.2.255', ''), []);
    assert.deepEqual(judge('255.255.255.255', ''), []);
    assert.deepEqual(broadcastOutsidePrefix.judge(sampleScene()), []);
  });

  test('a vSwitch of Hetzner with more than 1400 bytes is an alarm, such a VLAN elsewhere is none', () => {
    const quiet = quietFacts();
    const vlan = (mtu: number) => linkFact('eth0.4000', { index: 6, kind: 'vlan', vlanId: 4000, parent: 'eth0', mtu });
    const judge = (mtu: number, provider: 'hetzner' | 'ovh') =>
      vlanMtu.judge(sampleScene({ facts: { ...quiet, links: [...quiet.links, vlan(mtu)] }, provider }));
    assert.match(judge(1500, 'hetzner')[0]?.fix ?? '', /^ip link set dev eth0\.4000 mtu 1400;/);
    assert.deepEqual(judge(1400, 'hetzner'), []);
    assert.deepEqual(judge(1500, 'ovh'), []);
  });
});
