import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenScanner } from './token-scanner.ts';

function scan(chunks: (string | Buffer)[]) {
  const scanner = new TokenScanner('lodge-token');
  let data = '';
  let word: string | null = null;
  for (const chunk of chunks) {
    if (word !== null) break;
    const scanned = scanner.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, 'latin1'));
    data += Buffer.concat(scanned.data).toString('latin1');
    word = scanned.word;
  }
  return { data, word };
}

test('the output ends before the token, wherever the pieces are cut', () => {
  const all = 'out\xff\0 lodge-tok not yet\nlodge-token42\n';
  for (let cut = 0; cut <= all.length; cut++) {
    const { data, word } = scan([all.slice(0, cut), all.slice(cut)]);
    assert.deepEqual({ data, word }, { data: 'out\xff\0 lodge-tok not yet\n', word: '42' });
  }
  assert.deepEqual(scan([...all]), { data: 'out\xff\0 lodge-tok not yet\n', word: '42' });
});

test('what begins as the token does is held back, and no more than that', () => {
  assert.deepEqual(scan(['abc']), { data: 'abc', word: null });
  assert.deepEqual(scan(['abclodge-']), { data: 'abc', word: null });
  assert.deepEqual(scan(['abclodge-', 'x']), { data: 'abclodge-x', word: null });
});

test('a token that goes on without end is an end without a word', () => {
  assert.deepEqual(scan([`lodge-token${'9'.repeat(100)}`]), { data: '', word: '' });
});
