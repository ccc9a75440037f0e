import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from './parsed.ts';
import { formatSize, GIB, KIB, MIB, parseSize, TIB } from './size.ts';

test('units: powers of 1024 unless the unit says otherwise', () => {
  const table: [string, number][] = [
    ['10GiB', 10 * GIB],
    ['512M', 512 * MIB],
    ['512 mib', 512 * MIB],
    ['1.5GiB', 1.5 * GIB],
    ['1GB', 1e9],
    ['2k', 2 * KIB],
    ['2kB', 2000],
    ['3T', 3 * TIB],
    ['0', 0],
    ['17', 17],
    ['17b', 17],
  ];
  for (const [text, bytes] of table) assert.equal(unwrap(parseSize(text)), bytes, text);
});

test('texts that are no size', () => {
  for (const text of ['', 'GiB', '-1G', '1e9', '1.5.2G', '10 G iB', '10XB', '1,5G', '9000000GiB', '.5G', 'Infinity'])
    assert.equal(parseSize(text).ok, false, `"${text}"`);
});

test('a whole number of any unit survives being written and read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1023 }), fc.constantFrom(1, KIB, MIB, GIB, TIB), (count, unit) => {
      assert.equal(unwrap(parseSize(formatSize(count * unit))), count * unit);
    }),
  );
});

test('what is written for people is never off by more than a twentieth of the unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
      const unit = [TIB, GIB, MIB, KIB].find((size) => bytes >= size) ?? 1;
      const shown = unwrap(parseSize(formatSize(bytes)));
      assert.ok(Math.abs(shown - bytes) <= unit * 0.05 + 1, `${bytes} -> ${formatSize(bytes)}`);
    }),
  );
});

test('whatever the text, the answer is a whole number of bytes or a reason', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const result = parseSize(text);
      assert.ok(result.ok ? Number.isSafeInteger(result.value) && result.value >= 0 : result.reason.length > 0);
    }),
  );
});
