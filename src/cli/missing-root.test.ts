import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCliProcess } from '../../test/support/cli-process.ts';
import { runLine } from '../../test/support/run-line.ts';
import { COMMANDS } from './table.ts';

const place = mkdtempSync(join(tmpdir(), 'lodge-no-root-'));
after(() => rmSync(place, { recursive: true }));
const mistyped = join(place, 'srv', 'ledge');

/** What each row shows as its use; a copy's source has to be there to get as far as the daemon. */
function exampleOf(path: readonly string[], line: string): string[] {
  return path[0] === 'cp' ? ['cp', 'web1:/etc/hostname', '-'] : (line.split(' > ')[0] ?? '').split(' ');
}

test('every command that sets nothing up says that LODGE_ROOT is not there, and makes nothing', async () => {
  for (const { path, examples, root } of COMMANDS) {
    if (root !== undefined) continue;
    const words = exampleOf(path, examples[0]?.[0] ?? '');
    const { code, text } = await runLine(words, mistyped);
    assert.equal(code, 3, `${words.join(' ')}: ${text}`);
    assert.match(
      text,
      new RegExp(
        `^lodge: LODGE_ROOT=${mistyped}: nothing is there\n {2}hint: to make an instance there: lodge create NAME or lodge setup\\n`,
      ),
    );
  }
  const making = COMMANDS.filter(({ root }) => root === 'made').map(({ path }) => path.join(' '));
  assert.deepEqual(making, ['create', 'image build', 'image import', 'setup', 'serve', 'daemon start']);
  assert.ok(!existsSync(join(place, 'srv')));
});

test('the program itself starts no daemon there, be it a name that is not there or a link that leads nowhere', async () => {
  const dangling = join(place, 'link');
  symlinkSync(mistyped, dangling);
  for (const LODGE_ROOT of [mistyped, dangling]) {
    const plans = [
      ['create', 'web1', '--dry-run'],
      ['setup', '--dry-run', '--json'],
    ];
    for (const words of [['ls'], ['stop', 'web1'], ['daemon', 'stop'], ...plans]) {
      const { code, stdout, stderr } = await runCliProcess(place, words, { env: { LODGE_ROOT } });
      const said = stdout === '' ? stderr.split('\n')[0] : `lodge: ${JSON.parse(stdout).error.message}`;
      assert.deepEqual([code, said], [3, `lodge: LODGE_ROOT=${LODGE_ROOT}: nothing is there`]);
    }
  }
  assert.equal((await runCliProcess(place, ['completion', 'bash'], { env: { LODGE_ROOT: mistyped } })).code, 0);
  assert.ok(!existsSync(join(place, 'srv')));
});
