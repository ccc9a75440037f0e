import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from './parsed.ts';
import { formatSize, GIB, KIB, MIB, parseSize, TIB } from './size.ts';

test('units are powers of 1024', () => {
  const table: [string, number][] = [
    ['10GiB', 10 * GIB],
    ['512M', 512 * MIB],
    ['512 mib', 512 * MIB],
    ['1.5GiB', 1.5 * GIB],
    ['2k', 2 * KIB],
    ['3T', 3 * TIB],
  ];
  for (const [text, bytes] of table) assert.equal(unwrap(parseSize(text)), bytes, text);
});

test('a number alone and a power of 1000 are refused with what was likely meant', () => {
  const table = {
    20: '20GiB',
    2048: '2048MiB',
    '2GB': '2GiB',
    '512mb': '512MiB',
    '1.5 TB': '1.5TiB',
    10737418240: '10GiB',
  };
  for (const [text, meant] of Object.entries(table)) {
    const read = parseSize(text);
    assert.ok(!read.ok && read.reason.endsWith(`(did you mean ${meant}?)`), `${text}: ${JSON.stringify(read)}`);
  }
  for (const text of ['0', '0GB', '0 gigs']) assert.doesNotMatch(JSON.stringify(parseSize(text)), /did you mean/, text);
});

test('texts that are no size', () => {
  for (const text of [
    '',
    'GiB',
    '-1G',
    '1e9',
    '1.5.2G',
    '10 G iB',
    '10XB',
    '1,5G',
    '17b',
    '9000000GiB',
    '.5G',
    'Infinity',
  ])
    assert.equal(parseSize(text).ok, false, `"${text}"`);
});

test('a whole number of any unit survives being written and read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1023 }), fc.constantFrom(KIB, MIB, GIB, TIB), (count, unit) => {
      assert.equal(unwrap(parseSize(formatSize(count * unit))), count * unit);
    }),
  );
});

test('what is written for people is never off by more than a twentieth of the unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: KIB, max: 2 ** 50 }), (bytes) => {
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
