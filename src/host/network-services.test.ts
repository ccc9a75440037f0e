import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readNetworkServices, stateOfUnits } from './network-services.ts';

test('a unit is absent, inactive or active as systemctl shows it; of two names one is enough', () => {
  assert.equal(stateOfUnits('LoadState=not-found\nActiveState=inactive\n'), 'absent');
  assert.equal(stateOfUnits('LoadState=loaded\nActiveState=inactive\n'), 'inactive');
  assert.equal(stateOfUnits('LoadState=masked\nActiveState=inactive\n'), 'inactive');
  assert.equal(stateOfUnits('LoadState=loaded\nActiveState=active\n'), 'active');
  const two = 'LoadState=not-found\nActiveState=inactive\n\nLoadState=loaded\nActiveState=active\n';
  assert.equal(stateOfUnits(two), 'active');
  assert.equal(
    stateOfUnits('ActiveState=inactive\nLoadState=loaded\n\nLoadState=not-found\nActiveState=inactive\n'),
    'inactive',
  );
});

test('in a root of its own what the programs left in /run says whether they are at work', async () => {
  const root = mkdtempSync(join(tmpdir(), 'lodge-services-'));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, text);
  };
  try {
    const nothing = await readNetworkServices(root);
    assert.deepEqual([nothing.networking, nothing.networkd, nothing.networkManager], ['absent', 'absent', 'absent']);
    put('/usr/sbin/ifup', '');
    put('/run/network/ifstate', 'lo=lo\n');
    assert.equal((await readNetworkServices(root)).networking, 'inactive', 'the loopback alone says nothing');
    put('/run/network/ifstate', 'lo=lo\neth0=eth0\n');
    put('/run/systemd/netif/state', '# private\nOPER_STATE=routable\n');
    put('/run/NetworkManager/NetworkManager.pid', '812\n');
    const busy = await readNetworkServices(root);
    assert.deepEqual([busy.networking, busy.networkd, busy.networkManager], ['active', 'active', 'active']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
