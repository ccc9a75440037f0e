import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertLayout, bridgedInput, withChanges } from '../../../test/support/bridge-layout.ts';
import { propertyRuns } from '../../../test/support/property-runs.ts';
import { intentOfNetplan } from '../../parse/netplan-intent.ts';
import type { NetworkText } from '../../parse/networkd-files.ts';
import { intentOfNetworkd } from '../../parse/networkd-intent.ts';
import { netplanBridgeFiles } from './netplan.ts';
import { networkdBridgeFiles } from './networkd.ts';

const LINKS = [
  { name: 'eth0', mac: '02:00:00:00:00:01', permanentMac: '02:00:00:00:00:01' },
  { name: 'eth1', mac: '02:00:00:00:00:02', permanentMac: '02:00:00:00:00:02' },
];
const BRIDGE = { name: 'br0', mac: '02:00:00:00:00:01' };

/** Files that are drawn: what a planner asks for is what they say, so nothing may be lost and nothing left behind. */
const ipv4 = fc.integer({ min: 1, max: 62 }).map((host) => `192.0.2.${host}`);
const ipv6 = fc.integer({ min: 1, max: 0xffff }).map((host) => `2001:db8:1:2::${host.toString(16)}`);
const address = fc.oneof(
  fc.tuple(ipv4, fc.integer({ min: 24, max: 32 })).map(([of, length]) => `${of}/${length}`),
  fc.tuple(ipv6, fc.integer({ min: 48, max: 128 })).map(([of, length]) => `${of}/${length}`),
);
const gateway = fc.oneof(ipv4, ipv6, fc.constant('fe80::1'));
const metric = fc.option(fc.integer({ min: 1, max: 1000 }), { nil: null });

const networkLine = fc.oneof(
  address.map((of) => `Address=${of}`),
  gateway.map((of) => `Gateway=${of}`),
  fc.constantFrom('DNS=192.0.2.53', '# a comment', '', 'DHCP=ipv4', 'LLDP=yes', 'IPv6AcceptRA=no', 'no line at all'),
);
const networkdSection = fc.oneof(
  fc.array(networkLine, { maxLength: 5 }).map((lines) => `[Network]\n${lines.map((line) => `${line}\n`).join('')}`),
  address.map((of) => `# above\n[Address]\nAddress=${of}\n`),
  fc
    .tuple(gateway, metric, fc.boolean())
    .map(
      ([of, at, isOnLink]) =>
        `[Route]\nGateway=${of}\n${at === null ? '' : `Metric=${at}\n`}GatewayOnLink=${isOnLink}\n`,
    ),
  fc.constantFrom(
    '[DHCPv4]\nRouteMetric=5\n',
    '[Link]\nMTUBytes=1400\n',
    '[Route]\nGateway=192.0.2.1\nTable=7\n',
    '\n',
  ),
);
const match = fc.constantFrom('Name=eth0', 'Name=eth*', 'MACAddress=02:00:00:00:00:01', 'Name=eth0 eth1', 'Name=*');
const networkdFiles = fc
  .tuple(
    fc.constantFrom('10-eth0', '20-a', '99-z'),
    match,
    fc.array(networkdSection, { maxLength: 6 }),
    fc.array(networkdSection, { maxLength: 2 }),
  )
  .map(([name, condition, sections, dropIn]): NetworkText[] => [
    { path: `/etc/systemd/network/${name}.network`, text: `[Match]\n${condition}\n\n${sections.join('\n')}` },
    ...(dropIn.length === 0
      ? []
      : [{ path: `/etc/systemd/network/${name}.network.d/more.conf`, text: dropIn.join('\n') }]),
  ]);

test('whatever networkd is told of the uplink, the bridge is told, and the other links as before', () => {
  fc.assert(
    fc.property(networkdFiles, (files) => {
      const input = bridgedInput({ files, links: LINKS }, intentOfNetworkd, 'eth0', BRIDGE);
      const rendered = networkdBridgeFiles(input);
      assert.ok(rendered.ok, JSON.stringify(rendered));
      const after = intentOfNetworkd(withChanges(files, rendered.files), LINKS);
      assertLayout(after, input);
      const ofEth1 = (intent: typeof after) =>
        intent.addresses.filter(({ link }) => link === 'eth1').map((one) => one.address);
      assert.deepEqual(ofEth1(after), ofEth1(intentOfNetworkd(files, LINKS)));
    }),
    propertyRuns(2000),
  );
});

const netplanRoute = fc.tuple(gateway, metric, fc.boolean()).map(([via, at, isOnLink]) => {
  return `{to: default, via: "${via}"${at === null ? '' : `, metric: ${at}`}${isOnLink ? ', on-link: true' : ''}}`;
});
const list = (key: string, items: readonly string[]) =>
  items.length === 0 ? '' : `      ${key}:\n${items.map((item) => `      - ${item} # of ${key}\n`).join('')}`;
const netplanBody = fc
  .tuple(
    fc.uniqueArray(address, { maxLength: 4 }),
    fc.uniqueArray(netplanRoute, { maxLength: 3 }),
    fc.option(ipv4, { nil: null }),
    fc.constantFrom('', '      dhcp4: true\n', '      accept-ra: no\n'),
    fc.constantFrom('', '      match: {macaddress: "02:00:00:00:00:01"}\n', '      match: {name: "eth[0]"}\n'),
  )
  .map(([addresses, routes, gateway4, dhcp, condition]) => {
    const gatewayLine = gateway4 === null ? '' : `      gateway4: ${gateway4}\n`;
    const nameservers = '      # who answers\n      nameservers: {addresses: [192.0.2.53]}\n';
    return `${condition}${list('addresses', addresses)}${gatewayLine}${dhcp}${list('routes', routes)}${nameservers}`;
  });
const netplanFiles = fc.array(netplanBody, { minLength: 1, maxLength: 3 }).map((bodies): NetworkText[] =>
  bodies.map((body, index) => ({
    path: `/etc/netplan/${index}0-host.yaml`,
    text: `network:\n  version: 2\n  ethernets:\n    eth0:\n${body}    eth1: {addresses: [203.0.113.1/29]}\n`,
  })),
);

test('whatever netplan is told of the uplink, the bridge is told, and the other links as before', () => {
  fc.assert(
    fc.property(netplanFiles, (files) => {
      const input = bridgedInput({ files, links: LINKS }, intentOfNetplan, 'eth0', BRIDGE);
      const rendered = netplanBridgeFiles(input);
      assert.ok(rendered.ok, JSON.stringify(rendered));
      const changed = withChanges(files, rendered.files);
      const after = intentOfNetplan(changed, LINKS);
      assertLayout(after, input);
      assert.deepEqual(
        after.addresses.filter(({ link }) => link === 'eth1').map((one) => one.address),
        ['203.0.113.1'],
      );
      for (const [index, { text }] of changed.entries()) {
        assert.equal(text.match(/# who answers/g)?.length, 1, `the comment of file ${index} is gone`);
      }
    }),
    {
      ...propertyRuns(300),
      // Once found: a route that an earlier gateway4, which the last file overrides, seemed to say as well.
      examples: [
        [
          [
            ['routes:\n      - {to: default, via: "192.0.2.61"}', 0],
            ['gateway4: 192.0.2.61', 1],
            ['gateway4: 192.0.2.1', 2],
          ].map(([said, index]) => ({
            path: `/etc/netplan/${index}0-host.yaml`,
            text: `network:\n  version: 2\n  ethernets:\n    eth0:\n      ${said}\n      # who answers\n      nameservers: {addresses: [192.0.2.53]}\n    eth1: {addresses: [203.0.113.1/29]}\n`,
          })),
        ],
      ],
    },
  );
});
