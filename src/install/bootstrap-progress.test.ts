import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBootstrapProgress } from './bootstrap-progress.ts';

/** As mmdebstrap 1.3.5 with apt 2.6 says it; the middle is left out. */
const LINES = `I: running apt-get update...
I: downloading packages with apt...
0 upgraded, 69 newly installed, 0 to remove and 0 not upgraded.
Need to get 29.7 MB of archives.
After this operation, 96.3 MB of additional disk space will be used.
Get:1 http://deb.example/debian bookworm/main amd64 gcc-12-base amd64 12.2.0-14+deb12u1 [37.6 kB]
Get:2 http://deb.example/debian bookworm/main amd64 libc6 amd64 2.36-9+deb12u14 [29.7 MB]
/usr/bin/dpkg --status-fd 11 --no-triggers --unpack --auto-deconfigure gcc-12-base.deb
I: extracting archives...
I: installing essential packages...
Unpacking base-passwd (3.6.1) ...
Setting up base-passwd (3.6.1) ...
I: installing remaining packages inside the chroot...
0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.
Need to get 0 B/101 MB of archives.
Unpacking zstd (1.5.4+dfsg2-5) ...
Setting up zstd (1.5.4+dfsg2-5) ...
Setting up tzdata (2025b-0+deb12u2) ...
Setting up tzdata (2025b-0+deb12u2) ...
update-initramfs: Generating /boot/initrd.img-6.1.0-56-amd64
I: cleaning package lists and apt cache...`;

test('the lines of a bootstrap become one that says how far it is', () => {
  const said: string[] = [];
  const follow = createBootstrapProgress((detail) => said.push(detail));
  for (const line of LINES.split('\n')) follow(line);
  assert.deepEqual(said, [
    'downloaded 0 of 30 MB',
    'downloaded 30 of 30 MB',
    'unpacking the essential packages',
    'installing the essential packages',
    'unpacked 1 of 69 packages',
    'configured 1 of 69 packages',
    'downloaded 0 of 101 MB',
    'unpacked 1 of 2 packages',
    'configured 1 of 2 packages',
    'configured 2 of 2 packages',
    'making the initial RAM disk',
    'tidying up',
  ]);
});
