import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operation } from '../../test/support/fake-answers.ts';
import type { Operation } from '../api/types.ts';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { layoutOf } from '../model/layout.ts';
import type { CliContext } from './context.ts';
import { watchOperation } from './watch-operation.ts';

/** Watches a running operation through a client whose every look at it ends with an error. */
function watchWith(error: LodgeError) {
  const started: Operation = { ...operation({ state: 'running' }), id: 'a1b2' };
  const values = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) });
  const context = {
    client: { values },
    layout: layoutOf('/srv/x'),
    onInterrupt: () => () => {},
  } as unknown as CliContext;
  return watchOperation(context, started, { isShown: false });
}

test('a daemon that is gone, for one who may not start the next: the operation and who goes on with it are named', async () => {
  const refused = new LodgeError('PERMISSION_DENIED', 'no daemon is running, and only root can start one', {
    hint: 'sudo lodge daemon start',
  });
  await assert.rejects(watchWith(refused), (error) => {
    assert.ok(isLodgeError(error, 'PERMISSION_DENIED'));
    assert.match(error.message, /^no daemon is running, and only root can start one: ".+" goes on when one runs$/);
    assert.equal(error.hint, 'sudo lodge daemon start, then lodge operation wait a1b2');
    return true;
  });
});

test('a daemon that ends again and again: what was last said is told, and how to come back', async () => {
  await assert.rejects(
    watchWith(new LodgeError('DAEMON_UNREACHABLE', 'the daemon broke the connection off', { hint: 'run it again' })),
    (error) => {
      assert.ok(isLodgeError(error, 'DAEMON_UNREACHABLE'));
      assert.match(error.message, /again and again at ".+": the daemon broke the connection off$/);
      assert.match(error.hint ?? '', /: lodge operation wait a1b2$/);
      return true;
    },
  );
});
