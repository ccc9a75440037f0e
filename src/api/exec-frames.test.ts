import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrames, FRAME, FRAME_MAX_BYTES, FrameReader } from './exec-frames.ts';

const big = Buffer.alloc(2 * FRAME_MAX_BYTES + 7, 0xff);
const sent = [
  ...encodeFrames(FRAME.stdin, Buffer.from('a\0\xff', 'latin1')),
  ...encodeFrames(FRAME.stdinEnd, Buffer.alloc(0)),
  ...encodeFrames(FRAME.stdout, big),
  ...encodeFrames(FRAME.signal, Buffer.from('INT')),
];

for (const size of [1, 4, 5, 6, 1000, 1 << 20]) {
  test(`frames come out as they went in, in pieces of ${size} bytes`, () => {
    const bytes = Buffer.concat(sent);
    const reader = new FrameReader();
    const got: { kind: number; payload: Buffer }[] = [];
    for (let start = 0; start < bytes.length; start += size) {
      for (const { kind, payload } of reader.push(bytes.subarray(start, start + size))) {
        got.push({ kind, payload: Buffer.from(payload) });
      }
    }
    assert.deepEqual(
      got.map(({ kind, payload }) => [kind, payload.length]),
      [
        [FRAME.stdin, 3],
        [FRAME.stdinEnd, 0],
        [FRAME.stdout, FRAME_MAX_BYTES],
        [FRAME.stdout, FRAME_MAX_BYTES],
        [FRAME.stdout, 7],
        [FRAME.signal, 3],
      ],
    );
    assert.deepEqual(Buffer.concat(got.slice(2, 5).map(({ payload }) => payload)), big);
  });
}

test('a frame of another kind, or of more bytes than a frame may have, is refused by its head alone', () => {
  assert.throws(() => [...new FrameReader().push(Buffer.from([9, 0, 0, 0, 0]))], { code: 'USAGE' });
  assert.throws(() => [...new FrameReader().push(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))], { code: 'USAGE' });
});
