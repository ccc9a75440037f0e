import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIni, sectionsOf } from '../src/parse/ini.ts';
import { renderIni } from '../src/render/ini.ts';
import { readCorpus } from './support/network-corpus.ts';
import { propertyRuns } from './support/property-runs.ts';

/** Pieces that files are made of, and such as break them. */
const piece = fc.constantFrom(
  '[Network]',
  '[Route',
  'Address=192.0.2.1/26',
  ' Gateway = fe80::1 ',
  'Address',
  '=',
  '\\',
  '\\\\',
  '# note',
  '; note',
  '\n',
  '\r\n',
  '\r',
  '\t',
  ' ',
  '\ufeff',
  'ü',
);
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

test('any text comes back byte for byte, in both dialects', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), fc.constantFrom('systemd', 'keyfile'), (any, dialect) => {
      const document = parseIni('/x', any, dialect as 'systemd' | 'keyfile');
      assert.equal(renderIni(document), any);
      assert.deepEqual(parseIni('/x', renderIni(document), dialect as 'systemd' | 'keyfile'), document);
    }),
    propertyRuns(10_000),
  );
});

test('files of the corpora come back byte for byte', () => {
  for (const { files } of [...readCorpus('networkd'), ...readCorpus('network-manager')]) {
    for (const { path, text: of } of files) assert.equal(renderIni(parseIni(path, of)), of, path);
  }
});

test('each line has the number it has in the file, continued ones that of their beginning', () => {
  const document = parseIni('/x', '# a\n[A]\nB=1 \\\n# between\n  2\n\nC=3');
  assert.deepEqual(sectionsOf(document), [
    {
      name: 'A',
      line: 2,
      entries: [
        { key: 'B', value: '1    2', line: 3 },
        { key: 'C', value: '3', line: 7 },
      ],
    },
  ]);
});

test('two backslashes at the end of a line are one backslash and no continuation', () => {
  const [section] = sectionsOf(parseIni('/x', '[A]\nB=1\\\\\nC=2\n'));
  assert.deepEqual(
    section?.entries.map(({ key, value }) => `${key}=${value}`),
    ['B=1\\\\', 'C=2'],
  );
});

test('a keyfile has no continued lines, and no comments that begin with a semicolon', () => {
  const document = parseIni('/x', '[A]\nB=1\\\nC=2\n;D=3\n# E\n', 'keyfile');
  assert.deepEqual(
    document.lines.map(({ kind }) => kind),
    ['section', 'entry', 'entry', 'entry', 'comment'],
  );
});
