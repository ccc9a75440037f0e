import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseProfiles } from './apparmor.ts';
import { isClockSynchronised } from './clock-sync.ts';
import { observeCpu, parseCpuinfo } from './cpu.ts';
import { observeWayTo } from './directory-access.ts';
import { observeDiskSpace } from './disk-space.ts';
import { readBootId } from './kernel.ts';
import { observeMemory, parseMeminfo } from './memory.ts';
import { readOsRelease } from './os-release.ts';
import { lookupGroup, lookupUser } from './users.ts';

test('/proc/cpuinfo of two processors', () => {
  const one = 'processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD Ryzen 5 3600\nflags\t\t: fpu svm nx\n\n';
  assert.deepEqual(parseCpuinfo(one + one.replace('0', '1')), {
    vendor: 'AuthenticAMD',
    model: 'AMD Ryzen 5 3600',
    count: 2,
    flags: ['fpu', 'svm', 'nx'],
  });
});

test('/proc/meminfo is in bytes', () => {
  const text = 'MemTotal:       2048 kB\nMemFree:         12 kB\nMemAvailable:   1024 kB\nSwapTotal:         8 kB\n';
  assert.deepEqual(parseMeminfo(text), {
    totalBytes: 2097152,
    availableBytes: 1048576,
    swapTotalBytes: 8192,
    swapFreeBytes: 0,
  });
});

test('this host has a processor, memory, a disk and a boot id', async () => {
  assert.ok((await observeCpu()).count > 0);
  const memory = await observeMemory();
  assert.ok(memory.totalBytes >= memory.availableBytes && memory.availableBytes > 0);
  const disk = await observeDiskSpace('/var/lib/lodge-not-there/neither');
  assert.deepEqual([disk.path.startsWith('/var'), disk.totalBytes > 0], [true, true]);
  assert.match(await readBootId(), /^[0-9a-f-]{36}$/);
});

test('the kernel answers whether its clock is kept', async () => {
  assert.notEqual(await isClockSynchronised(), null);
});

test('every directory on the way is seen, those not there yet are not', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-way-'));
  try {
    const way = await observeWayTo(join(dir, 'a/b'));
    assert.deepEqual(
      way.map(({ path }) => path),
      dir.split('/').map((_, index, names) => names.slice(0, index + 1).join('/') || '/'),
    );
    assert.equal(way.at(-1)?.mode, 0o700);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("AppArmor's list, children and blanks in names included", () => {
  assert.deepEqual(parseProfiles('/usr/sbin/dnsmasq (enforce)\nMongoDB Compass (unconfined)\n'), [
    { name: '/usr/sbin/dnsmasq', mode: 'enforce' },
    { name: 'MongoDB Compass', mode: 'unconfined' },
  ]);
});

test('accounts are looked up by their whole name', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-users-'));
  try {
    const passwd = join(dir, 'passwd');
    await writeFile(passwd, 'lodge-qemu-2:x:7:8::/:/bin/sh\nlodge-qemu:x:995:104::/nonexistent:/usr/sbin/nologin\n');
    assert.deepEqual(lookupUser('lodge-qemu', passwd), { uid: 995, gid: 104 });
    assert.equal(lookupUser('lodge', passwd), null);
    assert.equal(lookupUser('lodge', join(dir, 'absent')), null);
    const group = join(dir, 'group');
    await writeFile(group, 'kvm:x:104:lodge-qemu,me\nlodge:x:105:\n');
    assert.deepEqual(lookupGroup('kvm', group), { gid: 104, members: ['lodge-qemu', 'me'] });
    assert.deepEqual(lookupGroup('lodge', group), { gid: 105, members: [] });
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('os-release with and without quotes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-os-'));
  try {
    const file = join(dir, 'os-release');
    await writeFile(file, 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n');
    assert.deepEqual(await readOsRelease(file), {
      id: 'debian',
      codename: 'bookworm',
      name: 'Debian GNU/Linux 12 (bookworm)',
    });
  } finally {
    await rm(dir, { recursive: true });
  }
});
