import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '../base/errors.ts';
import { GIB, MIB } from '../base/size.ts';
import { guestMemoryProblem } from './guest-memory.ts';
import { installProblems } from './install-space.ts';
import { judgeStateMount, mountProblem } from './state-mount.ts';

const mount = (...options: string[]) => ({ point: '/var', source: '/dev/vdb', options });
const judge = (...options: string[]) =>
  mountProblem('image', 'building debian-12', '/var/lib/lodge/images', mount(...options)).map(problemText);

test('a mount on which no image can be built is told with the command that mends it', () => {
  assert.deepEqual(judge('rw', 'nosuid', 'relatime'), []);
  assert.deepEqual(judge('rw', 'noexec', 'nodev'), [
    'image: building debian-12 makes devices and runs programs in /var/lib/lodge/images, and /dev/vdb is mounted noexec,nodev on /var: ' +
      'mount -o remount,exec,dev /var, and the same in /etc/fstab',
  ]);
  assert.match(judge('ro').join(), /mounted ro on \/var: mount -o remount,rw \/var/);
  assert.deepEqual(mountProblem('image', 'w', '/x', null), []);
  assert.equal(judgeStateMount('/var/lib/lodge', mount('rw')).status, 'ok');
  assert.deepEqual(judgeStateMount('/var/lib/lodge', mount('rw', 'nodev')), {
    id: 'state-mount',
    status: 'fail',
    summary: 'images cannot be built: /var/lib/lodge is mounted nodev',
    detail:
      '/dev/vdb on /var. Building an image makes devices and runs programs there; images that are imported need neither',
    fix: 'mount -o remount,dev /var, and the same in /etc/fstab',
  });
  assert.equal(judgeStateMount('/x', null).status, 'warn');
});

test('a guest fits what is free of memory and swap together, with QEMU beside it', () => {
  const facts = { availableBytes: 900 * MIB, swapFreeBytes: 200 * MIB };
  assert.deepEqual(guestMemoryProblem(1024, facts), []);
  assert.deepEqual(guestMemoryProblem(1100, facts).map(problemText), [
    'memoryMiB: must fit what is free: 900MiB of memory and 200MiB of swap are free, and QEMU takes 64MiB beside it (lodge doctor), got 1100',
  ]);
  assert.deepEqual(guestMemoryProblem(Number.NaN, facts), [], 'what is no size is told as that');
});

test('packages have room on both file systems, or each is told', () => {
  const at = (path: string, freeBytes: number) => ({ path, freeBytes, freeInodes: 1e6, totalInodes: 1e6 });
  const missing = ['qemu-system-x86', 'nftables'];
  const roomy = { system: at('/usr', GIB), archives: at('/var/cache/apt/archives', GIB) };
  assert.deepEqual(installProblems(missing, roomy), []);
  const tight = { system: at('/usr', 20 * MIB), archives: at('/var', MIB) };
  const [system = '', archives = ''] = installProblems(missing, tight).map(problemText);
  assert.match(system, /^packages: installing 2 Debian packages needs about \d+ MiB at \/usr, 20 MiB are free/);
  assert.match(archives, /their archives\) needs about \d+ MiB at \/var, 1 MiB are free/);
  assert.deepEqual(installProblems(['nftables'], tight).length, 1, 'a small package needs little');
});
