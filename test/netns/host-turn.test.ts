import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Namespaces } from '../support/netns.ts';

const MODULE = join(import.meta.dirname, '../../src/engine/host-turn.ts');
const PLACE = '/run/lodge-turns';

const spaces = new Namespaces('ht');
before(() => spaces.add('host'));
after(() => spaces.close());

/** A process that says when its turn has come, and keeps it until it is ended. */
function start() {
  const script = `import { inHostTurn } from '${MODULE}';
    await inHostTurn('forwarding', () => { console.log('mine'); return new Promise(() => setInterval(() => {}, 1000)); });`;
  const child = spaces.start('host', process.execPath, ['--disable-warning=ExperimentalWarning', '-e', script]);
  let isMine = false;
  const comes = new Promise<void>((resolve) =>
    child.stdout?.once('data', () => {
      isMine = true;
      resolve();
    }),
  );
  return { child, comes, isMine: () => isMine };
}

test('a turn is one process’s alone until that is killed, and nobody but root can reach the lock', async () => {
  const first = start();
  await first.comes;
  const second = start();
  const third = start();
  const { uid, mode } = await stat(PLACE);
  assert.deepEqual([uid, mode & 0o777], [0, 0o700]);
  const stranger = ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'ls', PLACE];
  const { exitCode } = await spaces.run('host', 'setpriv', stranger, { okExitCodes: [0, 2] });
  assert.equal(exitCode, 2);
  assert.deepEqual([second.isMine(), third.isMine()], [false, false]);
  first.child.kill('SIGKILL');
  await Promise.race([second.comes, third.comes]);
  assert.notEqual(second.isMine(), third.isMine());
  for (const each of [second, third]) if (each.isMine()) each.child.kill('SIGKILL');
  await Promise.all([second.comes, third.comes]);
});
