import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isLodgeError, type LodgeError } from '../../src/base/errors.ts';
import { GIB, MIB } from '../../src/base/size.ts';
import { exec } from '../../src/host/exec.ts';
import { closeInheritedDescriptors } from '../../src/host/inherited-descriptors.ts';
import { lookupUser, QEMU_USER } from '../../src/host/users.ts';
import { importImage } from '../../src/install/import-image.ts';
import { IMAGE_TOOL_ID } from '../../src/model/unix-ids.ts';
import { runImageTool } from '../../src/qemu/image-tool.ts';

let dir = '';

before(async () => {
  dir = await mkdtemp('/tmp/lodge-hostile-');
  await chmod(dir, 0o755);
  await mkdir(join(dir, 'images'));
});
after(() => rm(dir, { recursive: true, force: true }));

const at = (name: string) => join(dir, name);

/** Imports the file as the daemon would. @returns what it was refused with */
async function refused(source: string): Promise<LodgeError> {
  const workDir = await mkdtemp(at('work-'));
  try {
    await importImage({
      ...{ name: 'hostile', source, checksum: null, identity: null, mark: null, imagesDir: at('images'), workDir },
      ...{ onProgress: () => {}, signal: new AbortController().signal },
    });
  } catch (error) {
    assert.ok(isLodgeError(error), `${error}`);
    assert.deepEqual(await readdir(at('images')), []);
    return error;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  return assert.fail(`${source} was taken`);
}

/** A qcow2 of three clusters that says the file is as large as its length: `qemu-img check` counts every cluster of that. */
async function hollow(name: string, sizeBytes: number): Promise<string> {
  const clusterBits = 15;
  const cluster = 1 << clusterBits;
  const bytes = Buffer.alloc(4 * cluster);
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(1n << 40n, 24);
  bytes.writeUInt32BE(8192, 36);
  bytes.writeBigUInt64BE(BigInt(3 * cluster), 40);
  bytes.writeBigUInt64BE(BigInt(cluster), 48);
  bytes.writeUInt32BE(1, 56);
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(104, 100);
  bytes.writeBigUInt64BE(BigInt(2 * cluster), cluster);
  for (let index = 0; index < 8; index++) bytes.writeUInt16BE(1, 2 * cluster + 2 * index);
  await writeFile(at(name), bytes);
  await truncate(at(name), sizeBytes);
  return at(name);
}

test('an empty file that claims sixteen terabytes gets no gigabyte of memory', async () => {
  const source = await hollow('hollow.qcow2', 2 ** 44 - 2 * MIB);
  assert.ok((await stat(source)).blocks * 512 < MIB);
  const { code, message } = await refused(source);
  assert.equal(code, 'NOT_AN_IMAGE');
  assert.match(message, /damaged|more memory or time/);
});

test('a small file that becomes gigabytes is refused with its sizes, before a byte is written', async () => {
  const raw = at('bomb.raw');
  // What qemu-img does not take for a hole, and what compresses a thousandfold.
  await exec('sh', ['-c', `head -c ${4 * GIB} /dev/zero | tr '\\0' A >"$1"`, 'sh', raw], { timeoutMs: 300_000 });
  const source = at('bomb.qcow2');
  const convert = ['convert', '-c', '-m', '2', '-o', 'compression_type=zstd', '-f', 'raw', '-O', 'qcow2', raw, source];
  await exec('qemu-img', convert, { timeoutMs: 300_000 });
  await rm(raw);
  assert.ok((await stat(source)).size < 64 * MIB);
  const { code, message } = await refused(source);
  assert.ok(code === 'NOT_AN_IMAGE' || code === 'DISK_FULL', message);
  assert.match(message, /become 4\.?\d*GiB|become 4\d{9}B?/);
});

test('what runs as qemu-img is nobody, alone, without rights, and sees only what it was given', async () => {
  const bin = at('bin');
  await mkdir(bin);
  const script =
    'id -u; id -G; grep -E "NoNewPrivs|CapBnd|CapPrm" /proc/self/status; ulimit -v; ulimit -f; ls /proc/self/fd | tr "\\n" " "; echo; tail -n +3 /proc/net/dev | wc -l; env | sort; cat "$1" 2>&1';
  await writeFile(join(bin, 'qemu-img'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const secret = at('secret');
  await writeFile(secret, 'the password', { mode: 0o640 });
  const qemu = lookupUser(QEMU_USER);
  assert.ok(qemu !== null);
  await chown(secret, qemu.uid, qemu.gid);
  const path = process.env.PATH;
  process.env.PATH = `${bin}:${path}`;
  process.env.LODGE_TEST_SECRET = 'a password in the environment';
  closeInheritedDescriptors([]);
  const unrelated = await open(secret, 'r');
  try {
    const { stdout } = await runImageTool([secret], { okExitCodes: [0, 1] });
    const lines = stdout.trim().split('\n');
    assert.deepEqual(lines.slice(0, 2), [String(IMAGE_TOOL_ID), String(IMAGE_TOOL_ID)]);
    assert.match(stdout, /CapPrm:\s0{16}\nCapBnd:\s0{16}\nNoNewPrivs:\s1/);
    assert.match(stdout, /\n524288\n/);
    assert.match(stdout, /\n0 1 2 (3 )?\n1\n/, 'descriptors of its own alone, and the loopback device');
    assert.doesNotMatch(stdout, /password/);
    assert.match(stdout, /Permission denied/);
  } finally {
    await unrelated.close();
    process.env.PATH = path;
    delete process.env.LODGE_TEST_SECRET;
  }
});

test('two hundred images with broken headers end no import in another way than a refusal, or are sound', async () => {
  const sound = at('sound.qcow2');
  const raw = at('small.raw');
  const disk = Buffer.alloc(MIB);
  disk.writeUInt16LE(0xaa55, 510);
  await writeFile(raw, disk);
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed % below;
  };
  for (const format of ['qcow2', 'vmdk']) {
    await exec('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, sound]);
    const whole = await readFile(sound);
    for (let round = 0; round < 100; round++) {
      const bytes = Buffer.from(whole);
      const last = round % 2 === 0 ? 104 : Math.min(bytes.length, 5 * 65_536);
      for (let change = 0; change <= random(4); change++) bytes[4 + random(last - 4)] = random(256);
      await writeFile(at('mutant'), bytes);
      const workDir = await mkdtemp(at('work-'));
      const request = { name: `m${round}`, source: at('mutant'), checksum: null, identity: null, mark: null };
      await importImage({
        ...{ ...request, imagesDir: at('images'), workDir, onProgress: () => {} },
        signal: new AbortController().signal,
      }).then(
        ({ path }) => rm(path),
        (error: unknown) =>
          assert.ok(isLodgeError(error, 'NOT_AN_IMAGE') || isLodgeError(error, 'DISK_FULL'), `${error}`),
      );
      await rm(workDir, { recursive: true, force: true });
    }
  }
  assert.deepEqual(await readdir(at('images')), []);
});

test('sound images beside all that are taken', async () => {
  const raw = at('fine.raw');
  const disk = Buffer.alloc(8 * MIB, 'lodge');
  disk.writeUInt16LE(0xaa55, 510);
  disk.fill(0, 446, 510);
  await writeFile(raw, disk);
  const source = at('fine.qcow2');
  await exec('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', raw, source]);
  const workDir = await mkdtemp(at('work-'));
  const made = await importImage({
    ...{ name: 'fine', source, checksum: null, identity: null, mark: null, imagesDir: at('images'), workDir },
    ...{ onProgress: () => {}, signal: new AbortController().signal },
  });
  await exec('qemu-img', ['compare', raw, made.path]);
  await rm(made.path);
});
