import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec } from './exec.ts';
import { openPrivateTmpfs } from './private-tmpfs.ts';

test('memory mounted for one: seen by its path and by who enters, by nobody else, and gone when it is closed', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-tmpfs-'));
  try {
    const tmpfs = await openPrivateTmpfs(dir, 1024 * 1024);
    await writeFile(join(tmpfs.path, 'a'), 'here');
    const [program = '', ...args] = tmpfs.enter;
    assert.equal((await exec(program, [...args, 'cat', join(dir, 'a')])).stdout, 'here');
    assert.deepEqual(await readdir(dir), []);
    assert.ok(!(await readFile('/proc/mounts', 'utf8')).includes(dir));
    await tmpfs.close();
    await assert.rejects(readdir(tmpfs.path));
  } finally {
    await rm(dir, { recursive: true });
  }
});
