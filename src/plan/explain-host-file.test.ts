import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOST, quietFacts, sampleScene } from '../../test/support/network-sample.ts';
import type { Ipv4Address, MacAddress } from '../base/address.ts';
import type { HostConfig } from '../model/host-config.ts';
import { hostFileDiffers } from './explain-host-file.ts';

const judge = (host: HostConfig | null) => hostFileDiffers.judge(sampleScene({ facts: quietFacts(), host }));
const ipv4 = { address: '192.0.2.201' as Ipv4Address, prefixLength: 26, gateway: '192.0.2.193' as Ipv4Address };

test('a host.yaml that the host agrees with, or none, is nothing to tell', () => {
  assert.deepEqual(judge(HOST), []);
  assert.deepEqual(judge(null), []);
});

test('an address that the uplink does not have is an alarm before a plan is refused for it', () => {
  const [found, ...others] = judge({ ...HOST, ipv4 });
  assert.equal(others.length, 0);
  assert.equal(found?.level, 'alarm');
  assert.equal(found?.what, 'ipv4.address of host.yaml is 192.0.2.201, and must be an address of eth0');
});

test('a card that is not there is named with those that are', () => {
  const [found] = judge({ ...HOST, uplink: { ...HOST.uplink, name: 'eno1' } });
  assert.match(found?.what ?? '', /^uplink\.name of host\.yaml is eno1, and must be a link of this host; .*eth0/);
});

test('a MAC is left to the finding that knows whose mistake it is', () => {
  assert.deepEqual(judge({ ...HOST, uplink: { ...HOST.uplink, mac: '52:54:00:00:00:99' as MacAddress } }), []);
});
