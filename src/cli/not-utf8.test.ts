import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cliCommand } from '../../test/support/cli-process.ts';

test('a word that is not UTF-8 is refused, and a mark that was typed is a character like any other', () => {
  const root = mkdtempSync(join(tmpdir(), 'lodge-bytes-'));
  try {
    writeFileSync(Buffer.concat([Buffer.from(`${root}/a`), Buffer.of(0xff)]), 'x');
    const run = (name: string) => {
      // A shell makes the bytes: Node gives words as text alone.
      const script = `exec "$@" cp "$(printf '${name}')" web1:/root/`;
      const options = { cwd: root, env: { ...process.env, LODGE_ROOT: root }, encoding: 'utf8' } as const;
      const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', ...cliCommand([])], options);
      return { status, stderr };
    };
    const refused = run('a\\377');
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /^lodge: the word "a\ufffd" is not UTF-8\n {2}hint: /);
    const mark = run('a\\357\\277\\275');
    assert.equal(mark.status, 3);
    assert.match(mark.stderr, /^lodge: a\ufffd: there is no such file or directory/);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
