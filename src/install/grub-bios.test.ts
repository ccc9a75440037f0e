import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchBootCode } from './grub-bios.ts';

const bootImage = new Uint8Array(512).fill(0xb0);
const sectorZero = new Uint8Array(512).fill(0xd0);

test('the boot sector keeps the partition table and learns where core.img is', () => {
  const { sectorZero: boot } = patchBootCode(sectorZero, bootImage, new Uint8Array(1500), 2048);
  const view = new DataView(boot.buffer);
  assert.equal(view.getBigUint64(0x5c, true), 2048n);
  assert.deepEqual([...boot.subarray(0x66, 0x68)], [0x90, 0x90]);
  assert.ok(boot.subarray(0x1b8).every((byte) => byte === 0xd0));
  assert.ok(boot.subarray(0x68, 0x1b8).every((byte) => byte === 0xb0));
  assert.ok(boot.subarray(0, 0x5c).every((byte) => byte === 0xb0));
});

test('core.img is filled up to whole sectors and its first one lists the others', () => {
  const { core } = patchBootCode(sectorZero, bootImage, new Uint8Array(1500).fill(7), 2048);
  const view = new DataView(core.buffer);
  assert.equal(core.length, 1536);
  assert.equal(view.getBigUint64(0x1f4, true), 2049n);
  assert.equal(view.getUint16(0x1fc, true), 2);
  assert.equal(view.getUint16(0x1fe, true), 0x820);
  assert.deepEqual([...core.subarray(1498, 1502)], [7, 7, 0, 0]);
});

test('sectors of another size are refused', () => {
  assert.throws(() => patchBootCode(new Uint8Array(4096), bootImage, new Uint8Array(1500), 2048), /512 bytes/);
});
