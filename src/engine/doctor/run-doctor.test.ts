import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutOf } from '../../model/layout.ts';
import { runDoctor } from './run-doctor.ts';

const ALL =
  'accelerator cpu-flags firmware kvm-device nesting packages accounts qemu root memory swap disk inodes state-mount nft forwarding ' +
  'ipv6 name-service br-netfilter guest-packets mac-guard network clock apparmor confinement systemd';

test('this host is judged by every check, also when the probe and QEMU break', async () => {
  const broken = () => Promise.reject(new Error('planted'));
  const { checks, accelerator } = await runDoctor({
    layout: layoutOf(''),
    accelerator: broken,
    abilities: broken,
    network: broken,
    tryPackets: broken,
    isSetUp: async () => true,
  });
  assert.equal(checks.map((check) => check.id).join(' '), ALL);
  assert.equal(accelerator, null);
  for (const check of checks.filter(({ id }) => id === 'accelerator' || id === 'qemu')) {
    assert.deepEqual([check.status, check.fix], ['fail', 'lodge setup']);
    assert.match(check.detail, check.id === 'accelerator' ? /^planted$/ : /told at accelerator/);
  }
});
