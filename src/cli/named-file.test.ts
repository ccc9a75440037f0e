import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cliCommand, runCliProcess } from '../../test/support/cli-process.ts';
import { startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { MIB } from '../base/size.ts';

/** What a command says to a standard input that does not end: 64 MiB are as good as none for the one who writes them. */
function sayTo(writer: string, root: string, args: readonly string[]): string {
  const env = { PATH: process.env.PATH ?? '', HOME: root, LODGE_ROOT: root, LANG: 'C.UTF-8' };
  const script = `${writer} | { "$@" 2>&1; echo "exit $?"; }`;
  return execFileSync('sh', ['-c', script, 'sh', ...cliCommand(args)], { env, encoding: 'utf8' });
}

test('of a standard input without an end no more is read than anything has that is sent', async () => {
  await using daemon = await startFakeDaemon();
  const writer = `head -c ${64 * MIB} /dev/zero`;
  for (const args of [
    ['api', 'POST', '/v1/guests', '--data', '@-'],
    ['net', 'explain', '--facts', '-'],
    ['net', 'show', '--facts', '/dev/stdin'],
  ]) {
    const said = sayTo(writer, daemon.root, args);
    assert.match(said, /standard input: is larger than 16MiB|must be a file of at most 16MiB/, args.join(' '));
    assert.match(said, /exit 4\n$/);
  }
  assert.deepEqual(daemon.requests, []);
});

test('a FIFO that nobody writes to and a file without an end are told by their kind wherever one is named', async () => {
  await using daemon = await startFakeDaemon();
  const fifo = join(daemon.root, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const kinds = { [fifo]: 'a FIFO', '/dev/zero': 'a device' };
  for (const [path, kind] of Object.entries(kinds)) {
    for (const args of [
      ['create', 'web1', '--user-data', path],
      ['create', 'web1', '--ssh-key', path],
      ['set', 'web1', '--ssh-key', path],
      ['net', 'explain', '--facts', path],
      ['api', 'POST', '/v1/guests', '--data', `@${path}`],
    ]) {
      const { code, stderr } = await runCliProcess(daemon.root, args);
      assert.equal(code, 4, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, new RegExp(`must be a regular file: this is ${kind}`), args.join(' '));
    }
  }
});

test('what is nested so deep that nothing can be made of it is no fault of ours', async () => {
  await using daemon = await startFakeDaemon();
  writeFileSync(join(daemon.root, 'deep'), `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  const { code, stderr } = await runCliProcess(daemon.root, ['api', 'POST', '/v1/guests', '--data', '@deep']);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /this is nested deeper than 64 levels/);
});
