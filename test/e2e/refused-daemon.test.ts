import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { layoutOf } from '../../src/model/layout.ts';
import { takeInstanceLock } from '../../src/store/instance-lock.ts';

const place = mkdtempSync(join(tmpdir(), 'lodge-refused-'));
chmodSync(place, 0o755);
after(() => rmSync(place, { recursive: true }));
const program = join(place, 'lodge');
writeFileSync(program, '');

/** The command line of this checkout, which starts the daemon of this checkout. */
function lodge(root: string, words: readonly string[], uid?: number) {
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, '../../src/cli/main.ts'), ...words];
  const env = { PATH: process.env.PATH ?? '', LODGE_ROOT: root, LODGE_COMMAND: program };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env,
    cwd: '/',
    encoding: 'utf8',
    ...(uid !== undefined && { uid, gid: uid }),
  });
  return { code: status, stdout, stderr };
}

test('a root that the daemon refuses is refused in its words, and what was made of it is taken back', () => {
  // The daemon's own socket has room there, a guest's with the longest name has not.
  const above = join(place, 'above');
  const root = join(above, 'n'.repeat(70 - above.length));
  for (const words of [['create', 'web1'], ['serve']]) {
    const { code, stderr } = lodge(root, words);
    const [first, second, third, ...rest] = stderr.trimEnd().split('\n');
    assert.deepEqual([code, first, rest], [4, `lodge: the root ${root} cannot be used`, []], stderr);
    assert.match(second ?? '', /^ {2}LODGE_ROOT: must be \d+ bytes shorter/);
    assert.match(third ?? '', /^ {2}hint: set LODGE_ROOT to a directory with a short path/);
    assert.ok(!existsSync(above), words.join(' '));
  }
  // What was there before stays, and nothing is added to it.
  mkdirSync(root, { recursive: true });
  assert.equal(lodge(root, ['ls']).code, 4);
  assert.ok(existsSync(root) && !existsSync(join(root, 'var')));
  const { error } = JSON.parse(lodge(root, ['serve', '--json']).stdout);
  assert.deepEqual([error.code, error.problems.length], ['ROOT_UNUSABLE', 1]);
});

test('a file on the way to the root is named as one', () => {
  const { code, stderr } = lodge(program, ['serve']);
  const said = `lodge: the root ${program} cannot be used\n  LODGE_ROOT: ${program} must be a directory\n`;
  assert.deepEqual([code, stderr.slice(0, said.length)], [4, said]);
});

test('serve says what to type about this instance, where its daemon runs', () => {
  const { root, stateDir, runDir, daemonLock } = layoutOf(join(place, 'r'));
  for (const path of [stateDir, runDir]) mkdirSync(path, { recursive: true });
  const unlock = takeInstanceLock(daemonLock);
  const { code, stderr } = lodge(root, ['serve']);
  unlock?.();
  const hint = `  hint: LODGE_ROOT=${root} ${program} daemon stop\n`;
  assert.deepEqual([code, stderr], [4, `lodge: a daemon of ${root} runs already\n${hint}`]);
});

test('serve says to whom the instance does not belong that only root can', { skip: process.getuid?.() !== 0 }, () => {
  const { root, stateDir, runDir, daemonLock } = layoutOf(join(place, 'roots'));
  for (const path of [stateDir, runDir]) mkdirSync(path, { recursive: true });
  const nobody = 65534;
  for (const mode of [0o600, 0o666]) {
    writeFileSync(daemonLock, '');
    chmodSync(daemonLock, mode);
    const { code, stderr } = lodge(root, ['serve'], nobody);
    assert.match(stderr, /^lodge: only root can start this daemon/);
    assert.ok(stderr.endsWith(`\n  hint: sudo env LODGE_ROOT=${root} ${program} serve\n`), stderr);
    assert.equal(code, 4);
  }
});
