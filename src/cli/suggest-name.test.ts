import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { guestRow } from '../../test/support/fake-answers.ts';
import { errorAnswer, startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { runLine } from '../../test/support/run-line.ts';
import { createApiClient } from '../api/client.ts';
import { LodgeError } from '../base/errors.ts';
import { layoutOf } from '../model/layout.ts';
import { daemonConnector } from './connect-daemon.ts';
import { createInput } from './input.ts';
import { meantName, withSuggestion } from './suggest-name.ts';
import { COMMANDS } from './table.ts';

test('the name of another machine is no suggestion', () => {
  const known = ['c3', 'web1', 'db-a', 'server-10', 'webserver', 'mail-3', 'debian-13'];
  const nothing = ['c2', 'c', 'web2', 'wbe1', 'web', 'db-b', 'server-1', 'server', 'mail-1', 'debian-14'];
  for (const typed of nothing) assert.equal(meantName(typed, known), undefined, typed);
  const meant = { wbeserver: 'webserver', 'sevrer-10': 'server-10', 'mial-3': 'mail-3', 'debain-13': 'debian-13' };
  for (const [typed, name] of Object.entries(meant)) assert.equal(meantName(typed, known), name);
});

test('a guest that is not there leads to the list, and a slip of the pen to its name; in a copy too', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('GET /v1/guests', () => [guestRow('c3'), guestRow('webserver'), guestRow('hosts-file')]);
  const clientIfRunning = createApiClient(daemonConnector(layoutOf(daemon.root)));
  const hintOf = async (line: string) => {
    const [command = '', ...words] = line.split(' ');
    const spec = COMMANDS.find(({ path }) => path[0] === command);
    assert.ok(spec);
    const error = new LodgeError('GUEST_NOT_FOUND', 'there is no such guest');
    return (await withSuggestion(error, spec, createInput(words, {}), { clientIfRunning, cwd: '/' })).hint;
  };
  assert.equal(await hintOf('rm c2'), 'lodge ls');
  assert.equal(await hintOf('rm wbeserver'), 'did you mean webserver?');
  assert.equal(await hintOf('cp c2:/etc/hosts -'), 'lodge ls');
  assert.equal(await hintOf('cp wbeserver:/etc/hosts host-sfile'), 'did you mean webserver?', 'a file is no guest');
  assert.equal(await hintOf('exec c2 host-sfile'), 'lodge ls', 'nor a word for the guest');
});

test('what is no image is told with the file of its name, or that there is none', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('GET /v1/images', () => ({ images: [], buildable: ['debian-13'] }));
  daemon.on('POST /v1/guests', ({ request }) => {
    const { image } = request.body as { image: string };
    return errorAnswer(404, { code: 'IMAGE_NOT_FOUND', message: `there is no image ${image}` });
  });
  writeFileSync(join(daemon.root, 'disk'), '');
  const says = async (image: string) => (await runLine(['create', 'a', '--image', image], daemon.root)).text;
  assert.equal(
    await says('disk'),
    'lodge: there is no image disk\n  hint: for the file of that name: --image ./disk\n',
  );
  assert.match(await says('nope.qcow2'), /^lodge: there is no image nope.qcow2, and no file of that name\n/);
  assert.match(await says('debain-13'), /, and no file of that name\n {2}hint: did you mean debian-13\?\n$/);
});
