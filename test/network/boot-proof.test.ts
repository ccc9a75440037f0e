import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DELIVERED, deliveredHost, interfacesOf, prove, redsOf, withFault } from '../support/boot-world.ts';
import { Namespaces } from '../support/netns.ts';
import { requirePlan } from '../support/network-fixtures.ts';

/**
 * `net prove` boots the planned files: Debian's own ifup runs on them, with its hooks and the lines' own commands. What it makes is
 * compared with what the steps made. Each fault that is planted in the files turns the proof red, and is named.
 */
const spaces = new Namespaces('bt');
after(() => spaces.close());

const EARLY: Record<string, string> = {
  'pre-up sysctl': 'pre-up sysctl -w net.ipv4.conf.eth0.rp_filter=0',
  'pre-up echo': 'pre-up echo 0 > /proc/sys/net/ipv4/conf/eth0/rp_filter',
  'pre-up ip': 'pre-up ip address add 198.51.100.7/32 dev eth0',
};

for (const [name, line] of Object.entries(EARLY)) {
  test(`a ${name} about the uplink is one that ifup can run once there is a bridge; as it was, it would lock out`, async () => {
    const fixture = await deliveredHost(spaces, `${DELIVERED}    ${line}\n`);
    assert.deepEqual(fixture.boot.ran && fixture.boot.failures, []);
    const plan = requirePlan(fixture, 'bridged');
    assert.deepEqual(redsOf(await prove(fixture.facts, plan)), []);
    const moved = line.replace('pre-up', 'up').replace(/eth0/, 'br0');
    assert.ok(interfacesOf(plan).includes(moved), interfacesOf(plan));
    const proof = await prove(
      fixture.facts,
      withFault(plan, (text) => text.replace(moved, moved.replace('up', 'pre-up'))),
    );
    const reds = new Map(redsOf(proof).map(({ id, cause }) => [id, cause ?? '']));
    assert.match(
      reds.get('boot-runs') ?? '',
      /interfaces:\d+: .*br0.*: .*(No such file|nonexistent|Cannot find device).*: ifup gives br0 up here/,
    );
    assert.match(reds.get('boot-state') ?? '', /there is no the bridge br0|there is no 192\.0\.2\.200\/26 on br0/);
    assert.ok(reds.has('boot-host-ipv4'), [...reds.keys()].join());
  });
}
