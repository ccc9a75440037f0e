import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueSector, firmwaresOfCatalogue } from './el-torito.ts';

test('the boot record names the sector of the catalogue', () => {
  const record = Buffer.alloc(2048);
  assert.equal(catalogueSector(record), null);
  record.write('\0CD001\x01EL TORITO SPECIFICATION', 0, 'latin1');
  record.writeUInt32LE(33, 71);
  assert.equal(catalogueSector(record), 33);
  assert.equal(catalogueSector(record.subarray(0, 40)), null);
});

test('a catalogue says what boots: BIOS, UEFI, both in sections, or nothing that is known', () => {
  const entry = (...bytes: number[]) => Buffer.concat([Buffer.from(bytes), Buffer.alloc(32 - bytes.length)]);
  const boot = entry(0x88);
  const catalogue = (...entries: Buffer[]) => firmwaresOfCatalogue(Buffer.concat([...entries, Buffer.alloc(1024)]));
  assert.deepEqual(catalogue(entry(1, 0), boot), ['bios']);
  assert.deepEqual(catalogue(entry(1, 0xef), boot), ['uefi']);
  assert.deepEqual(catalogue(entry(1, 0), boot, entry(0x91, 0xef, 1), boot), ['bios', 'uefi']);
  assert.deepEqual(catalogue(entry(1, 0), boot, entry(0x90, 0, 2), boot, boot, entry(0x91, 0xef, 1)), ['bios', 'uefi']);
  assert.deepEqual(catalogue(entry(1, 2), boot), []);
  assert.deepEqual(catalogue(Buffer.alloc(64)), []);
  assert.deepEqual(firmwaresOfCatalogue(Buffer.alloc(0)), []);
});
