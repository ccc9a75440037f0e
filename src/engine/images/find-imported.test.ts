import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../base/caller.ts';
import { isLodgeError } from '../../base/errors.ts';
import { exec } from '../../host/exec.ts';
import { fileMark } from '../../host/file-mark.ts';
import type { Image } from '../../model/image.ts';
import { isSameImport } from './find-imported.ts';

const SIZE = 1024 * 1024;

test('an import of what the image holds is the same one, whatever the file is called or was touched', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-same-'));
  const at = (name: string) => join(directory, name);
  try {
    // A boot sector, as a raw disk image has one.
    const disk = Buffer.alloc(SIZE, 7);
    disk.fill(0, 440, 510);
    disk.writeUInt16LE(0xaa55, 510);
    writeFileSync(at('disk.img'), disk);
    await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', at('disk.img'), at('stored.qcow2')]);
    const handle = await open(at('disk.img'));
    const mark = await fileMark(handle).finally(() => handle.close());
    const image: Image = {
      ...{ name: 'cloud', path: at('stored.qcow2'), format: 'qcow2', virtualSizeBytes: SIZE, storedBytes: SIZE },
      ...{ origin: at('disk.img'), sha256: '', identity: 'nocloud', firmwares: ['bios'], createdAtMs: 0 },
      imported: { mark, checksum: null },
    };
    const isSame = async (name: string, more: { checksum?: string; identity?: 'none' } = {}) =>
      isSameImport(image, { source: at(name), checksum: null, identity: null, ...more }, ROOT);
    copyFileSync(at('disk.img'), at('copy.img'));
    copyFileSync(at('stored.qcow2'), at('copy.qcow2'));
    assert.deepEqual(await Promise.all(['disk.img', 'copy.img', 'copy.qcow2'].map((name) => isSame(name))), [
      true,
      true,
      true,
    ]);
    assert.equal(await isSame('disk.img', { identity: 'none' }), false, 'another way to tell a guest who it is');
    disk[SIZE - 1] = 8;
    writeFileSync(at('other.img'), disk);
    assert.equal(await isSame('other.img'), false);
    await assert.rejects(isSame('copy.img', { checksum: `sha256:${'0'.repeat(64)}` }), (error) =>
      isLodgeError(error, 'CHECKSUM_MISMATCH'),
    );

    const checksum = `sha256:${'a'.repeat(64)}`;
    const fetched = { ...image, imported: { mark: null, checksum } };
    const url = { source: 'https://images.example/disk', checksum: checksum.toUpperCase(), identity: null };
    assert.equal(await isSameImport(fetched, url, ROOT), true);
    assert.equal(await isSameImport(fetched, { ...url, checksum: `sha256:${'b'.repeat(64)}` }, ROOT), false);
    assert.equal(await isSameImport(image, url, ROOT), false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
