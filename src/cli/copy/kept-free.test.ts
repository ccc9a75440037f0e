import assert from 'node:assert/strict';
import type { StatsFs } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { GIB, MIB } from '../../base/size.ts';
import { KeptFree } from './kept-free.ts';

/** A file system of 4 KiB blocks on which the copy writes alone. */
function fileSystem(totalBytes: number, freeBytes: number, files = 1_000_000, freeFiles = files) {
  const now = { freeBytes, freeFiles };
  const look = () =>
    ({ bsize: 4096, blocks: totalBytes / 4096, bavail: now.freeBytes / 4096, files, ffree: now.freeFiles }) as StatsFs;
  return { now, keptFree: new KeptFree(tmpdir(), look) };
}

function write({ now, keptFree }: ReturnType<typeof fileSystem>, bytes: number, piece = 4096): void {
  for (let done = 0; done < bytes; done += piece) {
    now.freeBytes -= piece;
    keptFree.bytes(piece);
  }
}

test('a copy ends before it takes the room that others leave, whatever the size of the disk', () => {
  for (const [total, kept] of [
    [100 * GIB, GIB],
    [10 * GIB, 512 * MIB],
    [64 * MIB, 3.2 * MIB],
  ] as const) {
    const disk = fileSystem(total, Math.floor(total / 8192) * 4096);
    write(disk, Math.max(0, disk.now.freeBytes - kept - 8 * MIB));
    assert.throws(() => write(disk, total), {
      code: 'DISK_FULL',
      message: /^the copy would fill the file system \/.* free:/,
    });
    assert.ok(disk.now.freeBytes > kept / 3, `${disk.now.freeBytes} of ${total} are free`);
  }
});

test('a small file comes out on a disk that is nearly full, and a large one does not', () => {
  const disk = fileSystem(100 * GIB, 10 * MIB);
  write(disk, 4 * MIB);
  assert.throws(() => write(disk, 4096), { code: 'DISK_FULL' });
});

test('many empty files are held to the room for files, where the file system has such a number', () => {
  const disk = fileSystem(GIB, GIB, 5000, 400);
  assert.throws(
    () => {
      for (; disk.now.freeFiles > 0; disk.now.freeFiles--) disk.keptFree.entry();
    },
    { code: 'DISK_FULL', message: /leaves room for 250 files free/, hint: /: df -hi / },
  );
  const btrfs = fileSystem(GIB, GIB, 0);
  for (let count = 0; count < 100_000; count++) btrfs.keptFree.entry();
});
