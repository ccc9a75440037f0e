import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeIpv6 } from './doctor-ipv6.ts';
import { judgeNameService, type NameFacts } from './doctor-names.ts';

type Listening = NameFacts['listeners'][number];

function at(port: number, changes: Partial<Listening> = {}): Listening {
  const plain = {
    protocol: 'udp',
    address: '*',
    family: 'any',
    device: null,
    port,
    program: 'named',
    pid: 12,
  } as const;
  return { ...plain, ...changes };
}

const judge = (listeners: Listening[], changes: Partial<NameFacts> = {}) =>
  judgeNameService({ listeners, ours: [], servers: ['192.0.2.53'], ...changes });

test('a DNS server on every address is named, and nothing is to be done about it', () => {
  const check = judge([at(53), at(67, { program: 'dhcpd', pid: 13 })]);
  assert.equal(check.status, 'ok');
  assert.match(check.detail, /beside named \(pid 12\) at port 53 and dhcpd \(pid 13\) at port 67/);
});

test('a DHCPv6 server that has every address is named with the line to change; one of a single link is in nobody’s way', () => {
  const dnsmasq = { program: 'dnsmasq', pid: 7 };
  const check = judge([at(547, dnsmasq)]);
  assert.equal(check.status, 'warn');
  assert.match(`${check.summary} ${check.fix}`, /dnsmasq \(pid 7\).*bind-dynamic to \/etc\/dnsmasq\.conf/);
  assert.equal(judge([at(547, { ...dnsmasq, device: 'virbr0' })]).status, 'ok');
  assert.equal(judge([at(547, dnsmasq)], { ours: [7] }).status, 'ok');
});

test('a host that asks nobody is told, unless its own server answers on loopback', () => {
  assert.match(judge([], { servers: null }).summary, /names no DNS server/);
  assert.equal(judge([at(53, { address: '127.0.0.1' })], { servers: null }).status, 'ok');
});

test('only when each of the ports is taken guests have no DNS', () => {
  const most = [334, 335, 336, 337].map((port) => at(port));
  assert.equal(judge(most).status, 'ok');
  const check = judge([...most, at(338)]);
  assert.deepEqual([check.status, /named \(pid 12\)/.test(check.fix ?? '')], ['fail', true]);
  assert.equal(judge([...most, at(338)], { ours: [12] }).status, 'ok');
});

test('IPv6 that is off is told with its reason and its way back', () => {
  assert.equal(judgeIpv6({ state: 'on', uplinksWithout: [], hasGrub: true }).status, 'ok');
  for (const state of ['absent', 'off', 'unguarded'] as const) {
    const check = judgeIpv6({ state, uplinksWithout: [], hasGrub: true });
    assert.match(check.summary, /^guests get IPv4 alone: /);
    assert.notEqual(check.fix, null);
  }
  assert.match(
    judgeIpv6({ state: 'on', uplinksWithout: ['eth0'], hasGrub: true }).summary,
    /IPv4 alone: it is switched off on eth0/,
  );
});
