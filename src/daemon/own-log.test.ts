import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MIB } from '../base/size.ts';
import { boundOwnLog } from './own-log.ts';

function open(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-own-log-'));
  const path = join(directory, 'daemon.log');
  const fd = openSync(path, 'a', 0o640);
  t.after(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  return { path, fd };
}

test('a log that a daemon fills for years stays in its bounds, and its end is kept', (t) => {
  const { path, fd } = open(t);
  const bound = boundOwnLog(path, fd);
  for (let line = 0; line < 20_000; line += 1) {
    writeSync(fd, `${String(line).padEnd(999)}\n`);
    bound();
  }
  for (const part of [path, `${path}.1`]) assert.ok(statSync(part).size < 5 * MIB, part);
  assert.equal(statSync(`${path}.1`).mode & 0o777, 0o640);
  const lines = (readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8')).trimEnd().split(/\s+/).map(Number);
  assert.equal(lines.at(-1), 19_999);
  assert.ok(lines.every((line, index) => index === 0 || line === (lines[index - 1] ?? 0) + 1));
});

test('what is not the file that it writes to is left alone', (t) => {
  const { path, fd } = open(t);
  const other = `${path}.other`;
  writeFileSync(other, Buffer.alloc(5 * MIB));
  boundOwnLog(other, fd)();
  assert.equal(statSync(other).size, 5 * MIB);
});
