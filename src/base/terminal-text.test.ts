import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { propertyRuns } from '../../test/support/property-runs.ts';
import { forTerminal, inOneLine, jsonForTerminal, TerminalStream, valueForTerminal } from './terminal-text.ts';

/** Every code point of Unicode that a terminal may obey, or that changes how its neighbours look. */
const CONTROLS = Array.from({ length: 0x110000 }, (_, code) => code).filter((code) =>
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(String.fromCodePoint(code)),
);
const KEPT = new Set(['\n', '\t']);
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

function isClean(text: string): boolean {
  return !OBEYED.test(text.replace(/[\n\t]/g, ''));
}

test('no control of Unicode passes, alone, between letters, at an end or in a crowd', () => {
  assert.ok(CONTROLS.length > 2000, `${CONTROLS.length}`);
  for (const code of CONTROLS) {
    const control = String.fromCodePoint(code);
    const name = `U+${code.toString(16)}`;
    if (KEPT.has(control)) {
      assert.equal(forTerminal(`a${control}b`), `a${control}b`, name);
      assert.equal(inOneLine(`a${control}b`), 'a b', name);
      continue;
    }
    for (const text of [control, `a${control}b`, `${control}b`, `a${control}`, control.repeat(3)]) {
      assert.ok(isClean(forTerminal(text)), name);
      assert.ok(isClean(inOneLine(text)), name);
    }
    // That begins a sequence, of which the letter behind it is the end.
    if (control === '\x1b') continue;
    const [first, last] = [forTerminal(`a${control}b`).at(0), forTerminal(`a${control} b`).at(-1)];
    assert.deepEqual([first, last], ['a', 'b'], name);
  }
});

test('those that would show another text than there is leave a mark', () => {
  for (const control of ['\u009b', '\u202e', '\u2066', '\u200f', '\u061c', '\u2028', '\u{e0041}', '\ud800', '\u200b']) {
    assert.equal(forTerminal(`a${control}b`), 'a\ufffdb');
  }
});

test('whole sequences are left out, in whatever way they are made', () => {
  const sequences = [
    '\x1b[2J',
    '\x1b[38;2;1;2;3m',
    '\x1b[?25l',
    '\x1b[1 q',
    '\x1b]0;title\x07',
    '\x1b]8;;http://x\x1b\\',
  ];
  const others = [
    '\x1bP+q544e\x1b\\',
    '\x1b_G\x1b\\',
    '\x1bc',
    '\x1b(B',
    '\x1b#8',
    '\x1b7',
    '\x1bM',
    '\x07',
    '\x00',
    '\x7f',
  ];
  for (const sequence of [...sequences, ...others])
    assert.equal(forTerminal(`a${sequence}b`), 'ab', JSON.stringify(sequence));
  assert.equal(forTerminal('\x1b[2J\r\n\x1b[0;1;39mDebian\x1b[0m\r\r\nlogin: \x07'), '\nDebian\nlogin: ');
  assert.ok(isClean(forTerminal('\x1b]0;no end')));
});

test('a stream is read as the whole, however it is cut', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom(
      '\x1b[31m',
      '\x1b]0;t\x07',
      '\x1bPx\x1b\\',
      '\x1b',
      '\r',
      '\r\n',
      '\n',
      'ä',
      '\u202e',
      '\u{1f600}',
      '\x1b[',
      '\x1b]',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(40), { maxLength: 6 }), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join('').replace(/^\ufeff/, ''));
      const stream = new TerminalStream();
      let shown = '';
      let from = 0;
      for (const cut of cuts) {
        shown += stream.push(bytes.subarray(from, from + cut));
        from = Math.min(bytes.length, from + cut);
      }
      shown += stream.push(bytes.subarray(from)) + stream.end();
      assert.ok(isClean(shown));
      assert.equal(shown, forTerminal(bytes.toString('utf8')));
    }),
    propertyRuns(500),
  );
});

test('bytes that are no UTF-8 are marks, and a sequence without an end is not waited for', () => {
  const stream = new TerminalStream();
  assert.equal(stream.push(Buffer.from([0x61, 0x9b, 0x33, 0x31, 0x6d, 0xff, 0x62])), 'a\ufffd31m\ufffdb');
  const endless = Buffer.from(`\x1b]0;${'x'.repeat(100_000)}`);
  const other = new TerminalStream();
  const shown = other.push(endless) + other.push(endless) + other.end();
  assert.ok(isClean(shown) && shown.length > 100_000);
});

test('JSON on a terminal means what it meant, and has nothing that a terminal obeys', () => {
  for (const code of CONTROLS) {
    const value = { [`k${String.fromCodePoint(code)}`]: [`a${String.fromCodePoint(code)}b`, 1, null] };
    for (const indent of [0, 2]) {
      const json = jsonForTerminal(JSON.stringify(value, null, indent));
      assert.deepEqual(JSON.parse(json), value);
      assert.ok(isClean(json), code.toString(16));
    }
  }
});

test('every text of a value is filtered, at every depth', () => {
  const value = { a: '\u202e', b: [{ c: 'x\x1b[31my', d: 7, e: null, f: true }] };
  assert.deepEqual(valueForTerminal(value), { a: '\ufffd', b: [{ c: 'xy', d: 7, e: null, f: true }] });
});
