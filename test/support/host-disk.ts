import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import { pathExists } from '../../src/host/files.ts';
import { makeHostKey, makeSshKeyPair } from '../../src/install/ssh-keys.ts';
import { IMAGE_DISK, SECTOR_BYTES } from '../../src/render/image-boot.ts';
import { cachedImage } from './cached-image.ts';
import { prepareScript } from './delivered-host.ts';

/** A Debian as a provider delivers it, to be booted on the twin's wire by overlays. */
export interface HostDisk {
  image: string;
  privateKeyPath: string;
  /** One line, `ssh-ed25519 AAAA…`. */
  hostKey: string;
}

/** What a host has that others have not. */
export interface HostKind {
  /** Of its place in the cache; no other kind's name begins with it. */
  name: string;
  packages?: readonly string[];
  kernelWords?: string;
}

const LIMIT_MS = 900_000;

/**
 * Makes the disk from Lodge's own Debian image, in a chroot: an emulated processor would take minutes for it. Kept between runs in
 * LODGE_TEST_CACHE, beside the image, under a hash of everything that went in but the packages' versions.
 */
export async function hostDisk(kind: HostKind = { name: 'host-12' }): Promise<HostDisk> {
  const image = await cachedImage('debian-12');
  const entry = `${kind.name}-${recipeHash(image, kind)}`;
  const cache = process.env.LODGE_TEST_CACHE ?? join(tmpdir(), 'lodge-test-cache');
  const place = join(cache, entry);
  if (!(await pathExists(place))) {
    const work = await mkdtemp(join(cache, '.host-'));
    try {
      await prepare(image, work, kind);
      await rename(work, place);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    const old = (await readdir(cache)).filter((other) => other.startsWith(`${kind.name}-`) && other !== entry);
    for (const other of old) await rm(join(cache, other), { recursive: true, force: true });
  }
  return {
    image: join(place, 'host.qcow2'),
    privateKeyPath: join(place, 'id_ed25519'),
    hostKey: (await readFile(join(place, 'host-key.pub'), 'utf8')).trim(),
  };
}

function recipeHash(image: string, kind: HostKind): string {
  const hash = createHash('sha256').update(basename(dirname(image)));
  return hash
    .update(prepareScript({ publicKey: '', hostKey: '', ...kind }))
    .digest('hex')
    .slice(0, 16);
}

/** Where the image's root file system begins and how a chroot in it is entered; both end with the mount namespace they are in. */
const IN_CHROOT = `set -eu
disk=$1 offset=$2 place=$3
mount -o loop,offset=$offset "$disk" "$place"
for one in proc sys dev; do mount --rbind /$one "$place/$one"; done
cp /etc/resolv.conf "$place/etc/resolv.conf"
exec chroot "$place" /bin/sh -s
`;

async function prepare(image: string, work: string, kind: HostKind): Promise<void> {
  const key = await makeSshKeyPair(work, 'id_ed25519', 'test');
  const host = await makeHostKey(work);
  await writeFile(join(work, 'host-key.pub'), `${host.publicKey}\n`);
  const [raw, place] = [join(work, 'host.raw'), join(work, 'mounted')];
  await mkdir(place);
  await exec('qemu-img', ['convert', '-O', 'raw', image, raw], { timeoutMs: LIMIT_MS });
  const offset = String(IMAGE_DISK.root.start * SECTOR_BYTES);
  const own = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--propagation', 'private'];
  const input = prepareScript({ publicKey: key.publicKey, hostKey: host.privateKey, ...kind });
  await exec('unshare', [...own, 'sh', '-c', IN_CHROOT, 'sh', raw, offset, place], { input, timeoutMs: LIMIT_MS });
  await exec('qemu-img', ['convert', '-O', 'qcow2', raw, join(work, 'host.qcow2')], { timeoutMs: LIMIT_MS });
  await rm(raw);
  await rmdir(place);
}
