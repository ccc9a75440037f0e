import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GOLDEN_NETWORK } from '../../test/support/nat-golden.ts';
import { renderDnsmasqConfig } from '../render/dnsmasq-config.ts';
import { nameShare } from './name-share.ts';

test('all guests together leave places in the name service, until there are more than the guide says', () => {
  const files = { hosts: '/h', dhcpHosts: '/d', leases: '/l' };
  const choices = { user: 'dnsmasq', ports: { dns: 334, dhcp: 325 }, ipv6: 'dhcp', upstream: null } as const;
  const places = Number(/^dns-forward-max=(\d+)$/m.exec(renderDnsmasqConfig(GOLDEN_NETWORK, files, choices))?.[1]);
  for (let guests = 1; guests <= 20; guests += 1) {
    const { perSecond, burst } = nameShare(guests);
    assert.ok(guests * (burst + 10 * perSecond) <= 0.6 * places, `${guests} guests`);
  }
  for (let guests = 1; guests <= 16; guests += 1) assert.ok(guests * nameShare(guests).connections <= 16, `${guests}`);
});

test('few guests have the most, and many what is of use to one', () => {
  const shown = [1, 8, 9, 16, 17, 32, 33, 64, 65, 1000].map((guests) => Object.values(nameShare(guests)).join(' '));
  assert.deepEqual(shown, [
    '50 250 2',
    '50 250 2',
    '25 125 1',
    '25 125 1',
    '20 100 1',
    '20 100 1',
    '20 100 1',
    '20 100 1',
    '20 100 1',
    '20 100 1',
  ]);
});
