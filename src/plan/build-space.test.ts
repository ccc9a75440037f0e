import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '../base/errors.ts';
import { GIB, MIB } from '../base/size.ts';
import { spaceProblem, spaceToBuild } from './build-space.ts';

const roomy = { path: '/var/lib/lodge/images', freeBytes: 8 * GIB, freeInodes: 1_000_000, totalInodes: 2_000_000 };
const judge = (free: Partial<typeof roomy>) =>
  spaceProblem('image', 'building debian-12', spaceToBuild(), { ...roomy, ...free }).map(problemText);

test('room for a build: bytes and files are told with what is free', () => {
  assert.deepEqual(judge({}), []);
  assert.match(
    judge({ freeBytes: 63 * MIB }).join(),
    /^image: building debian-12 needs about [\d.]+ GiB at \/var\/lib\/lodge\/images, 63 MiB are free/,
  );
  assert.match(judge({ freeInodes: 12 }).join(), /makes about \d+ files at .*, the file system has room for 12$/);
});

test('a file system without a limit on files has room for them', () => {
  assert.deepEqual(judge({ freeInodes: 0, totalInodes: 0 }), []);
});
