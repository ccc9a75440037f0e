import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCliProcess } from '../../test/support/cli-process.ts';
import { operation } from '../../test/support/fake-answers.ts';
import { answer, startFakeDaemon } from '../../test/support/fake-daemon.ts';

const step = (id: string) => ({
  id,
  title: id,
  why: '',
  state: 'done' as const,
  startedAtMs: 0,
  endedAtMs: 1,
  detail: null,
});

test('a daemon that downloads another way than this shell says is told of, without a login, when something is fetched', async () => {
  await using daemon = await startFakeDaemon();
  let steps = [step('make-image')];
  daemon.on('POST /v1/images/build', () => answer(202, operation({ steps })));
  daemon.on('GET /v1/operations/*/watch', ({ response }) => {
    response.end(`${JSON.stringify(operation({ steps, state: 'done', endedAtMs: 1 }))}\n`);
    return undefined;
  });
  daemon.on('GET /v1/daemon', () => ({ proxies: 'http://old.example:3128' }));
  const talk = async (env: Record<string, string>, ...more: string[]) =>
    (await runCliProcess(daemon.root, ['image', 'build', 'debian-12', ...more], { env })).stderr;
  const other = await talk({ https_proxy: 'http://u:secret@new.example:3128', http_proxy: 'http://new.example:3128' });
  assert.match(
    other,
    /^lodge: the daemon downloads through http:\/\/old\.example:3128, this shell says http:\/\/new\.example:3128: lodge daemon stop, /,
  );
  assert.ok(!other.includes('secret'));
  assert.match(await talk({}, '--detach'), /^lodge: .* this shell says no proxy: /);
  assert.doesNotMatch(await talk({ ALL_PROXY: 'old.example:3128' }), /downloads/);
  steps = [step('make-disk')];
  assert.doesNotMatch(await talk({}), /downloads/);
});
