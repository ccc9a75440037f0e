import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB } from '../base/size.ts';
import { fitImage } from './image-fit.ts';

const nothing = { diskSizeBytes: null, firmware: null };
const image = (virtualSizeBytes: number, firmwares: ('bios' | 'uefi')[] | null) => ({
  name: 'foreign',
  virtualSizeBytes,
  firmwares,
});

test('what nobody asked for is as the image needs it', () => {
  const fit = (size: number, firmwares: ('bios' | 'uefi')[] | null) => {
    const { sizeBytes, firmware, problems } = fitImage(nothing, image(size, firmwares));
    assert.deepEqual(problems, []);
    return [sizeBytes / GIB, firmware];
  };
  assert.deepEqual(fit(GIB, ['bios', 'uefi']), [10, 'bios']);
  assert.deepEqual(fit(20 * GIB, ['uefi']), [20, 'uefi']);
  assert.deepEqual(fit(20 * GIB, null), [20, 'bios']);
  const fromCd = (...cd: ('bios' | 'uefi')[]) => fitImage(nothing, null, cd).firmware;
  assert.deepEqual([fromCd(), fromCd('uefi'), fromCd('uefi', 'bios')], ['bios', 'uefi', 'bios']);
  assert.equal(fitImage(nothing, image(GIB, ['bios']), ['uefi']).firmware, 'bios', 'the image decides');
  assert.deepEqual(fitImage(nothing, null), { sizeBytes: 10 * GIB, firmware: 'bios', problems: [] });
});

test('what was asked for and the image does not allow is a problem, with a size that can be typed', () => {
  const { problems } = fitImage({ diskSizeBytes: GIB, firmware: 'bios' }, image(20 * GIB + 1, ['uefi']));
  assert.deepEqual(problems, [
    { path: 'disk.sizeBytes', rule: "must be at least the image's own size, 20481MiB", value: GIB },
    { path: 'firmware', rule: 'must be uefi: foreign boots by nothing else', value: 'bios' },
  ]);
});
