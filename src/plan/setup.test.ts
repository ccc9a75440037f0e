import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backportsQemu, describeSetupAction, planSetupActions, type SetupFacts } from './setup.ts';

const NAMES = { qemuUser: 'lodge-qemu', kvmGroup: 'kvm', lodgeGroup: 'lodge' };

const READY: SetupFacts = {
  debianCodename: 'bookworm',
  missingPackages: [],
  qemuPackageVersion: '1:7.2+dfsg-7+deb12u18',
  backportsListed: false,
  groups: ['kvm', 'lodge'],
  users: ['lodge-qemu'],
  qemuUserInKvm: true,
  udevRuns: true,
  kvmGid: 104,
  devices: [
    { path: '/dev/kvm', mode: 0o660, gid: 104 },
    { path: '/dev/net/tun', mode: 0o666, gid: 0 },
  ],
  units: [],
};

const told = (facts: SetupFacts, backports = false) =>
  planSetupActions(facts, NAMES, backports).map(describeSetupAction);

test('nothing is planned on a host where all is there', () => {
  assert.deepEqual(told(READY), []);
});

test('a fresh host without udev: packages first, then accounts, then devices', () => {
  const fresh: SetupFacts = {
    ...READY,
    missingPackages: ['qemu-system-x86', 'nftables'],
    qemuPackageVersion: null,
    groups: [],
    users: [],
    qemuUserInKvm: false,
    udevRuns: false,
    kvmGid: null,
    devices: [
      { path: '/dev/kvm', mode: 0o600, gid: 0 },
      { path: '/dev/net/tun', mode: 0o600, gid: 0 },
    ],
  };
  assert.deepEqual(told(fresh), [
    'install 2 Debian packages: qemu-system-x86 nftables',
    'make the system group kvm',
    'make the system group lodge',
    'make the system user lodge-qemu, without a login, with a group of its own',
    'put lodge-qemu into the group kvm',
    'give /dev/kvm the mode udev would give it: 0660 root:kvm',
    'give /dev/net/tun the mode udev would give it: 0666 root:root',
  ]);
});

test('where udev runs, devices are left to it', () => {
  assert.deepEqual(told({ ...READY, devices: [{ path: '/dev/kvm', mode: 0o600, gid: 0 }] }), []);
});

test('without udev a /dev/kvm that is wide open, or right already, is left alone', () => {
  const device = (mode: number, gid: number) =>
    told({ ...READY, udevRuns: false, devices: [{ path: '/dev/kvm', mode, gid }] });
  assert.deepEqual(device(0o666, 0), []);
  assert.deepEqual(device(0o660, 104), []);
  assert.equal(device(0o660, 105).length, 1);
});

test('backports are offered on Debian 12 until their QEMU is installed', () => {
  assert.equal(backportsQemu(READY), '10.0');
  assert.equal(backportsQemu({ ...READY, qemuPackageVersion: '1:10.0.3+ds-1~bpo12+1' }), null);
  assert.equal(backportsQemu({ ...READY, debianCodename: 'trixie' }), null);
  assert.equal(backportsQemu({ ...READY, debianCodename: null }), null);
});

test('with backports QEMU comes from there and the rest from the release', () => {
  const missing = { ...READY, missingPackages: ['qemu-system-x86', 'nftables'] };
  assert.deepEqual(told(missing, true), [
    'add bookworm-backports to the apt sources (/etc/apt/sources.list.d/lodge-backports.sources)',
    'install 2 Debian packages from bookworm-backports: qemu-system-x86 qemu-utils',
    'install 1 Debian package: nftables',
  ]);
  assert.equal(told({ ...READY, backportsListed: true }, true).length, 1);
});

test('units are installed and enabled together, renewed alone, and left alone when they are right', () => {
  const units = (service: string | null, socket: string | null) =>
    told({
      ...READY,
      units: [
        { name: 'lodge.service', text: 'new', found: service },
        { name: 'lodge.socket', text: 'new', found: socket },
      ],
    });
  const both =
    'install lodge.service and lodge.socket in /etc/systemd/system and enable them: Lodge starts with the host';
  assert.deepEqual(units(null, null), [both]);
  assert.deepEqual(units('new', null), [both], 'a set-up that was broken off before the last file');
  assert.deepEqual(units('old', 'new'), ['renew lodge.service in /etc/systemd/system']);
  assert.deepEqual(units('new', 'new'), []);
});
