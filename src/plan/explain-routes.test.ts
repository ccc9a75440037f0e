import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addressFact,
  bridgedFacts,
  HOST,
  intentRoute,
  linkFact,
  quietFacts,
  routeFact,
  sampleScene,
} from '../../test/support/network-sample.ts';
import type { IntentAddress, IntentLink } from '../model/network-intent.ts';
import {
  defaultRouteAstray,
  defaultRouteMissing,
  defaultRouteOnBridge,
  defaultRoutesEqual,
} from './explain-default-route.ts';
import { strictReversePath, unusedAddressesLoop } from './explain-forwarding.ts';
import { gatewayNotOnLink } from './explain-gateway.ts';
import {
  isolatedCustomersRoute,
  neighboursUnreachable,
  routeNamesMissingLink,
  routeNamesPort,
} from './explain-route-lines.ts';

const SPOT = { path: '/etc/network/interfaces', line: 8 };

function intentAddress(link: string, address: string, prefixLength: number, peer: string | null = null): IntentAddress {
  return { link, family: address.includes(':') ? 'ipv6' : 'ipv4', address, prefixLength, peer, spot: SPOT };
}

function intentLink(name: string, kind: IntentLink['kind'], ports: string[] = []): IntentLink {
  return { name, kind, isAutomatic: true, mac: null, mtu: null, ports, stp: null, forwardDelaySec: null, spot: SPOT };
}

describe('default routes', () => {
  test('on the bridge over the uplink it is a surprise without a fix, because it is right', () => {
    const [found] = defaultRouteOnBridge.judge(sampleScene({ facts: bridgedFacts() }));
    assert.equal(found?.level, 'surprise');
    assert.equal(found?.what, 'the default route (IPv4 and IPv6) is on br0, not on eth0');
    assert.equal(found?.fix, null);
    assert.deepEqual(defaultRouteOnBridge.judge(sampleScene()), []);
  });

  test('on a bridge that does not lead out it is an alarm', () => {
    const quiet = quietFacts();
    const facts = {
      ...quiet,
      links: [
        ...quiet.links,
        linkFact('br1', { index: 4, kind: 'bridge' }),
        linkFact('tap0', { kind: 'tun', master: 'br1' }),
      ],
      routes: [routeFact('default', { via: '203.0.113.1', link: 'br1' })],
    };
    const [found] = defaultRouteAstray.judge(sampleScene({ facts, host: HOST }));
    assert.equal(found?.level, 'alarm');
    assert.equal(found?.fix, 'ip route replace default via 203.0.113.1 dev eth0 onlink');
    assert.equal(defaultRouteAstray.judge(sampleScene({ facts }))[0]?.level, 'alarm');
    assert.deepEqual(defaultRouteAstray.judge(sampleScene({ facts: bridgedFacts(), host: HOST })), []);
    assert.deepEqual(defaultRouteAstray.judge(sampleScene({ host: HOST })), []);
  });

  test('two of one metric are an alarm, of two metrics or of two routers that announce themselves not', () => {
    const with2 = (more: object) => {
      const quiet = quietFacts();
      return sampleScene({
        facts: {
          ...quiet,
          routes: [...quiet.routes, routeFact('default', { via: '198.51.100.1', link: 'eth1', ...more })],
        },
      });
    };
    const [found] = defaultRoutesEqual.judge(with2({}));
    assert.match(found?.what ?? '', /same metric 0: via 192\.0\.2\.193 dev eth0; via 198\.51\.100\.1 dev eth1/);
    assert.deepEqual(defaultRoutesEqual.judge(with2({ metric: 100 })), []);
    assert.deepEqual(defaultRoutesEqual.judge(with2({ table: '100' })), []);
    const quiet = quietFacts();
    const announced = ['fe80::1', 'fe80::2'].map((via) => routeFact('default', { via, link: 'eth0', protocol: 'ra' }));
    assert.deepEqual(defaultRoutesEqual.judge(sampleScene({ facts: { ...quiet, routes: announced } })), []);
    const two = announced.map((route) => ({ ...route, protocol: 'static' }));
    assert.equal(defaultRoutesEqual.judge(sampleScene({ facts: { ...quiet, routes: two } })).length, 1);
  });

  test('none at all is an alarm with the gateway of the files, unless policy routing keeps them elsewhere', () => {
    const facts = { ...quietFacts(), routes: quietFacts().routes.filter(({ via }) => via !== '192.0.2.193') };
    const gateway = intentRoute('default', { via: '192.0.2.193', form: 'gateway', spot: SPOT });
    const [found] = defaultRouteMissing.judge(sampleScene({ facts, intent: { routes: [gateway] } }));
    assert.equal(found?.fix, 'ip route add default via 192.0.2.193 dev eth0 onlink');
    assert.match(found?.cause ?? '', /interfaces, line 8 names the gateway/);
    const other = {
      ...facts,
      routes: [...facts.routes, routeFact('default', { via: '192.0.2.193', link: 'eth0', table: '100' })],
    };
    assert.deepEqual(defaultRouteMissing.judge(sampleScene({ facts: other })), []);
    const inside = { ...facts, addresses: [addressFact('eth0', '10.0.0.5/24')] };
    assert.deepEqual(defaultRouteMissing.judge(sampleScene({ facts: inside })), []);
  });
});

describe('a gateway', () => {
  const gateway = intentRoute('default', { via: '198.51.100.1', context: 'eth0', form: 'gateway', spot: SPOT });
  const judge = (addresses: IntentAddress[], routes = [gateway], more = {}) =>
    gatewayNotOnLink.judge(sampleScene({ intent: { addresses, routes, ...more } }));

  test('in the network of no address is an alarm that names file and line', () => {
    const [found, ...others] = judge([intentAddress('eth0', '192.0.2.200', 26)]);
    assert.equal(others.length, 0);
    assert.equal(found?.level, 'alarm');
    assert.equal(
      found?.what,
      'the gateway 198.51.100.1 of default (/etc/network/interfaces, line 8) is not on the link eth0',
    );
    assert.equal(found?.fix, 'in that stanza write the address as /32 and say that 198.51.100.1 is on-link');
  });

  test('is on the link as the other end, by a host route, by onlink, or in the network of an address', () => {
    assert.deepEqual(judge([intentAddress('eth0', '198.51.100.20', 32, '198.51.100.1')]), []);
    const route = intentRoute('198.51.100.1/32', { link: 'eth0' });
    assert.deepEqual(judge([intentAddress('eth0', '192.0.2.200', 32)], [route, gateway]), []);
    assert.deepEqual(judge([intentAddress('eth0', '192.0.2.200', 32)], [{ ...gateway, isOnLink: true }]), []);
    assert.deepEqual(judge([intentAddress('eth0', '198.51.100.20', 24)]), []);
    const dhcp = { dynamic: [{ link: 'eth0', family: 'ipv4', method: 'dhcp', spot: SPOT }] };
    assert.deepEqual(judge([intentAddress('eth0', '192.0.2.200', 32)], [gateway], dhcp), []);
  });

  test('of the running network that lost its address is an alarm too', () => {
    const facts = { ...quietFacts(), routes: [routeFact('default', { via: '198.51.100.1', link: 'eth0' })] };
    const [found] = gatewayNotOnLink.judge(sampleScene({ facts }));
    assert.equal(found?.fix, 'ip route replace default via 198.51.100.1 dev eth0 onlink');
    assert.deepEqual(gatewayNotOnLink.judge(sampleScene()), []);
  });
});

describe('lines of files that set routes', () => {
  const text = [
    'iface br0 inet static',
    '  up route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 eth0',
  ].join('\n');
  const facts = { ...bridgedFacts(), files: [{ path: SPOT.path, text, mode: 0o644 }] };
  const line = intentRoute('192.0.2.192/26', {
    via: '192.0.2.193',
    link: 'eth0',
    context: 'br0',
    spot: { ...SPOT, line: 2 },
  });

  test('a line with a port of a bridge is an alarm, with the line as it should be', () => {
    const [found] = routeNamesPort.judge(sampleScene({ facts, intent: { routes: [line] } }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.consequence ?? '', /Network is unreachable/);
    assert.equal(
      found?.fix,
      'in /etc/network/interfaces, line 2 write: up route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 br0',
    );
    assert.deepEqual(routeNamesPort.judge(sampleScene({ facts, intent: { routes: [{ ...line, link: 'br0' }] } })), []);
    assert.deepEqual(routeNamesPort.judge(sampleScene({ facts, intent: { routes: [{ ...line, link: null }] } })), []);
    assert.deepEqual(routeNamesPort.judge(sampleScene({ intent: { routes: [line] } })), []);
  });

  test('a line is older than a bridge that only the files have yet', () => {
    const intent = { routes: [line], links: [intentLink('br0', 'bridge', ['eth0'])] };
    assert.equal(routeNamesPort.judge(sampleScene({ intent })).length, 1);
  });

  test('a line with a link that nobody makes is an alarm', () => {
    const missing = intentRoute('192.0.2.192/26', { via: '192.0.2.193', link: 'br0', context: 'eth0' });
    const [found] = routeNamesMissingLink.judge(sampleScene({ intent: { routes: [missing] } }));
    assert.equal(found?.level, 'alarm');
    assert.match(found?.what ?? '', /over br0, which does not exist/);
    const made = { routes: [missing], links: [intentLink('br0', 'bridge', ['eth0'])] };
    assert.deepEqual(routeNamesMissingLink.judge(sampleScene({ intent: made })), []);
  });

  test('the route to the own network through the gateway is a note with its plain form', () => {
    const addresses = [intentAddress('br0', '192.0.2.195', 26)];
    const [found] = isolatedCustomersRoute.judge(sampleScene({ intent: { addresses, routes: [line] } }));
    assert.equal(found?.level, 'note');
    assert.match(found?.consequence ?? '', /address 192\.0\.2\.195\/32, pointopoint 192\.0\.2\.193/);
    assert.equal(found?.fix, null);
    const elsewhere = { ...line, destination: '10.1.0.0/16' };
    assert.deepEqual(isolatedCustomersRoute.judge(sampleScene({ intent: { addresses, routes: [elsewhere] } })), []);
  });

  test('a whole network on the link of a provider that keeps customers apart is a surprise, with a detour none', () => {
    const quiet = quietFacts();
    const connected = routeFact('192.0.2.192/26', { link: 'eth0', protocol: 'kernel', scope: 'link' });
    const detour = routeFact('192.0.2.192/26', { link: 'eth0', via: '192.0.2.193' });
    const addresses = [addressFact('eth0', '192.0.2.200/26')];
    const routes = [routeFact('default', { via: '192.0.2.193', link: 'eth0' }), connected];
    const [found] = neighboursUnreachable.judge(
      sampleScene({ facts: { ...quiet, addresses, routes }, provider: 'hetzner' }),
    );
    assert.equal(found?.level, 'surprise');
    assert.match(found?.fix ?? '', /^ip route prepend 192\.0\.2\.192\/26 via 192\.0\.2\.193 dev eth0;/);
    const withDetour = { ...quiet, addresses, routes: [...routes, detour] };
    assert.deepEqual(neighboursUnreachable.judge(sampleScene({ facts: withDetour, provider: 'hetzner' })), []);
    assert.deepEqual(neighboursUnreachable.judge(sampleScene({ facts: { ...quiet, addresses, routes } })), []);
    assert.deepEqual(neighboursUnreachable.judge(sampleScene({ provider: 'hetzner' })), []);
  });
});

describe('a host that forwards', () => {
  const forwarding = { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' };

  test('without a route for the whole prefix sends what nobody has back: an alarm for each prefix', () => {
    const host = { ...HOST, extraIpv4: [{ kind: 'subnet', prefix: '203.0.113.0/29' }] } as unknown as typeof HOST;
    const facts = { ...quietFacts(), sysctls: forwarding };
    const found = unusedAddressesLoop.judge(sampleScene({ facts, host }));
    assert.deepEqual(
      found.map(({ fix }) => fix),
      [
        'ip route add unreachable 203.0.113.0/29 metric 4294967295',
        'ip -6 route add unreachable 2001:db8:1:2::/64 metric 4294967295',
      ],
    );
    const guest = routeFact('2001:db8:1:2::a1/128', { link: 'lg1' });
    const covered = [
      routeFact('203.0.113.0/29', { link: 'br1', protocol: 'kernel' }),
      routeFact('2001:db8:1:2::/64', { type: 'unreachable', link: 'lo', metric: 4294967295 }),
      guest,
    ];
    assert.deepEqual(
      unusedAddressesLoop.judge(sampleScene({ facts: { ...facts, routes: [...facts.routes, ...covered] }, host })),
      [],
    );
    const partly = { ...facts, routes: [...facts.routes, guest] };
    assert.equal(unusedAddressesLoop.judge(sampleScene({ facts: partly, host: HOST })).length, 1);
    assert.deepEqual(unusedAddressesLoop.judge(sampleScene({ host })), [], 'what is not forwarded is dropped');
    assert.deepEqual(unusedAddressesLoop.judge(sampleScene({ facts })), [], 'nobody knows what was given');
  });

  test('strict rp_filter is a surprise on the worse of two ways out, and nowhere else', () => {
    const quiet = quietFacts();
    const routes = [...quiet.routes, routeFact('default', { via: '198.51.100.1', link: 'eth1', metric: 200 })];
    const sysctls = { 'net/ipv4/conf/eth1/rp_filter': '1', 'net/ipv4/conf/all/rp_filter': '0' };
    const [found] = strictReversePath.judge(sampleScene({ facts: { ...quiet, routes, sysctls } }));
    assert.equal(found?.level, 'surprise');
    assert.match(found?.what ?? '', /^eth1 drops/);
    const loose = { 'net/ipv4/conf/eth1/rp_filter': '2', 'net/ipv4/conf/all/rp_filter': '1' };
    assert.deepEqual(strictReversePath.judge(sampleScene({ facts: { ...quiet, routes, sysctls: loose } })), []);
    assert.deepEqual(
      strictReversePath.judge(sampleScene({ facts: { ...quiet, sysctls: { 'net/ipv4/conf/eth0/rp_filter': '1' } } })),
      [],
    );
  });
});
