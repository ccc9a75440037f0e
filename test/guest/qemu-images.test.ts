import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ROOT } from '../../src/base/caller.ts';
import { GIB, MIB } from '../../src/base/size.ts';
import { exec } from '../../src/host/exec.ts';
import { createDisk, createOverlay, imageInfo, resizeDisk } from '../../src/qemu/images.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'images-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

for (const format of ['qcow2', 'raw'] as const) {
  test(`a ${format} disk is made sparse, grows, and does not shrink`, async () => {
    const path = join(directory, 'disk');
    await createDisk({ path, format, sizeBytes: GIB });
    const info = await imageInfo(path, format);
    assert.deepEqual([info.format, info.virtualSizeBytes, info.backingPath], [format, GIB, null]);
    assert.ok(info.storedBytes < MIB, `${info.storedBytes} bytes stored`);

    await resizeDisk(path, format, 2 * GIB, ROOT);
    assert.equal((await imageInfo(path, format)).virtualSizeBytes, 2 * GIB);
    await resizeDisk(path, format, 2 * GIB, ROOT);
    await assert.rejects(resizeDisk(path, format, GIB, ROOT), { code: 'DISK_SHRINK_REFUSED', message: /2GiB to 1GiB/ });
    assert.equal((await imageInfo(path, format)).virtualSizeBytes, 2 * GIB);
  });

  test(`a child of a ${format} image names its parent and is no smaller`, async () => {
    const parent = join(directory, 'a,parent');
    const path = join(directory, 'a,child');
    await createDisk({ path: parent, format, sizeBytes: GIB });
    const backing = { path: parent, format };
    await assert.rejects(createOverlay({ path, backing, sizeBytes: GIB - 1 }), { code: 'DISK_SHRINK_REFUSED' });
    await createOverlay({ path, backing, sizeBytes: 3 * GIB });
    const info = await imageInfo(path, 'qcow2');
    assert.deepEqual([info.virtualSizeBytes, info.backingPath], [3 * GIB, parent]);
  });
}

test('what is no image is refused as that, what is not there as that, and nothing is left', async () => {
  const text = join(directory, 'text');
  await writeFile(text, 'no image');
  await assert.rejects(imageInfo(text, 'qcow2'), { code: 'NOT_AN_IMAGE' });
  await assert.rejects(imageInfo(join(directory, 'nothing')), { code: 'FILE_NOT_FOUND' });
  const backing = { path: join(directory, 'nothing'), format: 'qcow2' as const };
  await assert.rejects(createOverlay({ path: join(directory, 'child'), backing, sizeBytes: GIB }), {
    code: 'FILE_NOT_FOUND',
  });
  assert.deepEqual(await readdir(directory), ['text']);
});

test('a full disk is DISK_FULL, and the half-made file is gone', async () => {
  await exec('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'lodge-test', directory]);
  try {
    await writeFile(join(directory, 'filler'), new Uint8Array(60 * 1024));
    const making = createDisk({ path: join(directory, 'disk'), format: 'qcow2', sizeBytes: 64 * GIB });
    await assert.rejects(making, { code: 'DISK_FULL' });
    assert.deepEqual(await readdir(directory), ['filler']);
  } finally {
    await exec('umount', [directory]);
  }
});
