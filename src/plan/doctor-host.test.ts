import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB, MIB } from '../base/size.ts';
import { judgeAccounts, judgePackages, judgeQemu } from './doctor-programs.ts';
import { judgeDisk, judgeInodes, judgeMemory, judgeSwap } from './doctor-resources.ts';
import { judgeAppArmor, judgeClock, judgeConfinement, judgeSystemd } from './doctor-system.ts';

const MEMORY = { totalBytes: 64 * GIB, availableBytes: 48 * GIB, swapTotalBytes: 4 * GIB, swapFreeBytes: 4 * GIB };
const DISK = { path: '/var/lib', freeBytes: 400 * GIB, totalBytes: 900 * GIB, freeInodes: 5e6, totalInodes: 6e6 };
const QEMU = {
  binary: '/usr/bin/qemu-system-x86_64',
  version: '7.2.22',
  machines: ['pc', 'q35'],
  devices: (
    'virtio-blk-pci virtio-net-pci virtio-balloon-pci virtio-rng-pci virtio-serial-pci virtserialport ' +
    'ide-cd usb-tablet i6300esb isa-serial VGA'
  ).split(' '),
  uefi: { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', varsTemplate: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
};

test('memory: enough, too little for the default guest, too little for any', () => {
  const judge = (facts: Partial<typeof MEMORY>) => judgeMemory({ ...MEMORY, swapFreeBytes: 0, ...facts });
  const status = (availableBytes: number) => judge({ availableBytes }).status;
  assert.deepEqual([status(2 * GIB), status(1 * GIB), status(100 * MIB)], ['ok', 'warn', 'fail']);
  assert.equal(
    judge({ availableBytes: GIB, swapFreeBytes: 100 * MIB }).status,
    'ok',
    'swap counts, as create counts it',
  );
  assert.equal(
    judge({ availableBytes: 500 * MIB }).summary,
    'too little memory is free for a guest of the default 1GiB: 1088MiB are needed, 500MiB are free',
  );
  const small = { totalBytes: 512 * MIB, swapTotalBytes: 0, availableBytes: 400 * MIB };
  assert.equal(
    judge(small).summary,
    "the host's memory is too small for a guest of the default 1GiB: 1088MiB are needed, 400MiB are free",
  );
});

test('swap: none is told, half used is warned of', () => {
  assert.equal(judgeSwap({ ...MEMORY, swapTotalBytes: 0, swapFreeBytes: 0 }).status, 'ok');
  assert.equal(judgeSwap({ ...MEMORY, swapFreeBytes: 1 * GIB }).status, 'warn');
  assert.equal(judgeSwap(MEMORY).status, 'ok');
});

test('disk and inodes run out apart from each other', () => {
  const disk = (freeBytes: number) => judgeDisk({ ...DISK, freeBytes }).status;
  assert.deepEqual([disk(5 * GIB), disk(2 * GIB), disk(2 * GIB - 1), disk(100 * MIB)], ['ok', 'ok', 'fail', 'fail']);
  assert.match(
    judgeDisk({ ...DISK, freeBytes: 63 * MIB }).summary,
    /^too little of the disk is free: an image's build needs about 2 GiB, 63 MiB are free$/,
  );
  const small = { ...DISK, freeBytes: 900 * MIB, totalBytes: GIB, freeInodes: 9000, totalInodes: 10_000 };
  assert.match(judgeDisk(small).summary, /^the disk is too small: .* needs about 2 GiB, 900 MiB are free$/);
  assert.match(judgeInodes(small).summary, /^the file system is too small: .* makes about 30000 files, 9000 more fit$/);
  assert.equal(judgeInodes({ ...DISK, freeInodes: 12 }).status, 'fail');
  assert.equal(judgeInodes({ ...DISK, freeInodes: 0, totalInodes: 0 }).status, 'ok', 'btrfs counts none');
});

test('QEMU is judged by what it can do, never by its version', () => {
  assert.equal(judgeQemu(QEMU).status, 'ok');
  const lame = judgeQemu({ ...QEMU, devices: QEMU.devices.filter((name) => name !== 'i6300esb'), machines: ['pc'] });
  assert.deepEqual([lame.status, lame.summary], ['fail', 'QEMU lacks device i6300esb, machine q35']);
  assert.equal(judgeQemu({ ...QEMU, uefi: null }).status, 'warn');
});

test('missing packages and accounts are named', () => {
  assert.equal(judgePackages([]).status, 'ok');
  assert.equal(judgePackages(['ovmf', 'nftables']).detail, 'ovmf nftables');
  const accounts = judgeAccounts({ qemuUser: false, lodgeGroup: true, members: [], kvmGroup: false });
  assert.deepEqual([accounts.status, accounts.summary], ['fail', 'missing: the user lodge-qemu, the group kvm']);
});

test('the clock: kept, not kept, unknown', () => {
  assert.deepEqual(
    [true, false, null].map((synchronised) => judgeClock({ synchronised, systemd: true }).status),
    ['ok', 'warn', 'warn'],
  );
});

test('AppArmor matters where an enforced profile is on a program of ours', () => {
  const judge = (name: string, mode: string) => judgeAppArmor({ enabled: true, profiles: [{ name, mode }] });
  const confined = judge('/usr/sbin/dnsmasq', 'enforce');
  assert.equal(confined.status, 'warn');
  assert.match(
    confined.fix ?? '',
    /local\/usr\.sbin\.dnsmasq && apparmor_parser -r \/etc\/apparmor\.d\/usr\.sbin\.dnsmasq$/,
  );
  assert.equal(judge('/usr/sbin/dnsmasq', 'complain').status, 'ok');
  assert.equal(judge('/usr/sbin/dnsmasq//libvirt_leaseshelper', 'enforce').status, 'ok');
  assert.equal(judge('libvirtd', 'enforce').status, 'ok');
  assert.equal(judgeAppArmor({ enabled: false, profiles: null }).status, 'ok');
  assert.equal(judgeAppArmor({ enabled: true, profiles: null }).status, 'warn');
});

test('a kernel without landlock is told of, and what an old one does not keep QEMU from', () => {
  assert.deepEqual([judgeConfinement(0).status, judgeConfinement(6).status], ['warn', 'ok']);
  assert.match(judgeConfinement(2).summary, /not from TCP connections or signals/);
});

test('a host without systemd is told what it misses', () => {
  assert.deepEqual([judgeSystemd(true).status, judgeSystemd(false).status], ['ok', 'warn']);
});
