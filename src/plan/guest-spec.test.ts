import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MacAddress, parseMac } from '../base/address.ts';
import { parseGuestName } from '../base/guest-name.ts';
import { GIB, MIB } from '../base/size.ts';
import type { CreateGuest } from '../model/guest-request.ts';
import type { Image } from '../model/image.ts';
import { type GuestSpecFacts, planGuestSpec } from './guest-spec.ts';

const IMAGE = { name: 'debian-12', virtualSizeBytes: 2 * GIB, firmwares: ['bios', 'uefi'] } as unknown as Image;

function facts(change: Partial<GuestSpecFacts> = {}): GuestSpecFacts {
  return {
    uuid: '0b7f2c6e-0000-4000-8000-000000000001',
    mac: '52:54:00:00:00:01' as MacAddress,
    tap: 'lg00000001',
    addresses: { ipv4: null, ipv6: null },
    image: IMAGE,
    imageName: 'debian-12',
    identity: 'credentials',
    hostMemoryMiB: 4096,
    hostCpus: 2,
    keymaps: ['en-us', 'de'],
    ...change,
  };
}

function problemsOf(request: CreateGuest, change: Partial<GuestSpecFacts> = {}): string[] {
  return planGuestSpec(request, facts(change)).problems.map(({ path }) => path);
}

test('a name is enough: everything else has a default', () => {
  const { spec, problems } = planGuestSpec({ name: 'web1' }, facts());
  assert.deepEqual(problems, []);
  assert.equal(spec.memoryMiB, 1024);
  assert.equal(spec.disk.sizeBytes, 10 * GIB);
  assert.deepEqual(spec.boot, { order: 'c', once: null });
  assert.equal(spec.nic.mac, '52:54:00:00:00:01');
});

test('a name that every /etc/hosts gives to something else is refused', () => {
  for (const name of ['localhost', 'ip6-localhost', 'ip6-loopback', 'ip6-allnodes', 'ip6-allrouters']) {
    assert.deepEqual(problemsOf({ name }), ['name'], name);
  }
  assert.deepEqual(problemsOf({ name: 'localhost2' }), []);
});

test('an ISO is booted first, once, and the disk after', () => {
  const { spec } = planGuestSpec({ name: 'web1', iso: '/srv/x.iso' }, facts({ image: null, imageName: null }));
  assert.deepEqual(spec.boot, { order: 'cd', once: 'd' });
});

test('the disk is never smaller than its image', () => {
  const large = { ...IMAGE, virtualSizeBytes: 20 * GIB } as Image;
  assert.equal(planGuestSpec({ name: 'a' }, facts({ image: large })).spec.disk.sizeBytes, 20 * GIB);
  assert.deepEqual(problemsOf({ name: 'a', disk: { sizeBytes: GIB } }), ['disk.sizeBytes']);
});

test('every problem comes at once, each with its path', () => {
  const request: CreateGuest = {
    name: 'Web_1',
    mac: '01:00:00:00:00:00',
    memoryMiB: 1e9,
    vcpus: 0,
    disk: { sizeBytes: 5, format: 'raw' },
    cpu: 'a b',
    keymap: 'klingon',
    boot: { order: 'cc', once: 'x' },
    iso: 'relative.iso',
    sshKeys: ['nonsense'],
    userData: '#cloud-config',
  };
  assert.deepEqual(problemsOf(request), [
    'name',
    'disk.sizeBytes',
    'disk.format',
    'mac',
    'memoryMiB',
    'vcpus',
    'cpu',
    'keymap',
    'boot.order',
    'boot.once',
    'iso',
    'sshKeys[0]',
    'userData',
  ]);
});

test('a firmware the image does not boot by is refused', () => {
  const biosOnly = { ...IMAGE, firmwares: ['bios'] } as Image;
  assert.deepEqual(problemsOf({ name: 'a', firmware: 'uefi' }, { image: biosOnly }), ['firmware']);
});

test('public keys of every kind OpenSSH makes are taken', () => {
  const keys = [
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE3 me@home',
    'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ==',
    'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= a b c',
    'sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t',
    'from="192.0.2.1",command="a \\"b\\"" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE3 me',
  ];
  assert.deepEqual(problemsOf({ name: 'a', sshKeys: keys }), []);
  assert.deepEqual(problemsOf({ name: 'a', sshKeys: ['ssh-ed25519 AAAA\nssh-rsa BBBB'] }), ['sshKeys[0]']);
});

test('whatever is asked, a spec without problems keeps the limits', () => {
  const request = fc.record(
    {
      name: fc.oneof(fc.string(), fc.constant('web1')),
      memoryMiB: fc.oneof(fc.integer(), fc.double()),
      vcpus: fc.oneof(fc.integer({ min: -2, max: 20 }), fc.double()),
      disk: fc.record({ sizeBytes: fc.oneof(fc.integer(), fc.constant(3 * GIB)) }, { requiredKeys: [] }),
      mac: fc.oneof(fc.string(), fc.constant('02:00:00:00:00:01')),
    },
    { requiredKeys: ['name'] },
  );
  fc.assert(
    fc.property(request, (wanted) => {
      const { spec, problems } = planGuestSpec(wanted as CreateGuest, facts());
      if (problems.length > 0) return;
      assert.ok(parseGuestName(spec.name).ok);
      assert.ok(parseMac(spec.nic.mac).ok);
      assert.ok(Number.isInteger(spec.memoryMiB) && spec.memoryMiB >= 64 && spec.memoryMiB <= 4096);
      assert.ok(Number.isInteger(spec.vcpus) && spec.vcpus >= 1 && spec.vcpus <= 8);
      assert.ok(spec.disk.sizeBytes >= 2 * GIB && spec.disk.sizeBytes % 512 === 0 && spec.disk.sizeBytes >= MIB);
    }),
  );
});
