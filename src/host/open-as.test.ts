import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { ROOT } from '../base/caller.ts';
import { toErrorBody } from '../base/errors.ts';
import { openAs } from './open-as.ts';

test('what is no regular file is told once', async () => {
  const refusal = async (path: string) =>
    toErrorBody(await openAs(path, ROOT).catch((error: unknown) => error)).message;
  const directory = tmpdir();
  assert.equal(await refusal(directory), `${directory} is no disk image: it is a directory, and no file`);
  assert.equal(await refusal('/dev/null'), '/dev/null is no disk image: it is no regular file');
});
