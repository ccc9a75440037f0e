import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { startCli } from '../../../test/support/cli-process.ts';
import { startFakeDaemon } from '../../../test/support/fake-daemon.ts';
import { eventually } from '../../../test/support/netns.ts';
import { encodeFrames, FRAME } from '../../api/exec-frames.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import { layoutOf } from '../../model/layout.ts';
import { encodeHeader } from './tar-format.ts';
import { clearLeftovers, WorkDirectory } from './work-directory.ts';

let target: string;
beforeEach(() => {
  target = mkdtempSync(join(tmpdir(), 'lodge-work-'));
});
afterEach(() => rmSync(target, { recursive: true, force: true }));

/** What a guest sends of a file of a mebibyte before it sends nothing any more. */
const BEGINNING = Buffer.concat([
  encodeHeader({ name: './large', mode: 0o644, size: 1024 * 1024, mtimeNs: 0n, type: '0', linkName: '' }),
  Buffer.alloc(100_000, 'x'),
]);

/** A copy that stands still in its middle. */
async function beginCopy() {
  const daemon = await startFakeDaemon();
  const heard = new EventEmitter();
  daemon.onUpgrade((stream) => {
    for (const bytes of encodeFrames(FRAME.stdout, BEGINNING)) stream.write(bytes);
    stream.on('data', () => heard.emit('signal'));
  });
  const { child, result } = startCli(daemon.root, ['cp', 'web1:/srv/large', target]);
  const ended = once(child, 'exit');
  await eventually('it writes', () => readdirSync(target, { recursive: true }).length === 2);
  return {
    /** Ctrl-C, of which the guest is told. */
    interrupt: async () => {
      const told = once(heard, 'signal');
      child.kill('SIGINT');
      await told;
    },
    /** @returns the signal or the exit code that ended it */
    end: async (signal: NodeJS.Signals): Promise<unknown> => {
      child.kill(signal);
      const [code, by] = await ended;
      await result;
      await daemon[Symbol.asyncDispose]();
      return by ?? code;
    },
  };
}

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
  test(`a copy from a guest that is ended by ${signal} leaves nothing beside its target`, async () => {
    const copy = await beginCopy();
    assert.equal(await copy.end(signal), signal);
    assert.deepEqual(readdirSync(target), []);
  });
}

test('the third Ctrl-C, which does not wait for the guest, leaves nothing either', async () => {
  const copy = await beginCopy();
  await copy.interrupt();
  await copy.interrupt();
  assert.equal(await copy.end('SIGINT'), 130);
  assert.deepEqual(readdirSync(target), []);
});

test('nor does Ctrl-C before the daemon has answered', async () => {
  const root = mkdtempSync(join(tmpdir(), 'lodge-work-'));
  const { daemonSocket } = layoutOf(root);
  mkdirSync(dirname(daemonSocket), { recursive: true });
  const server = createServer(() => {}).listen(daemonSocket);
  const { child, result } = startCli(root, ['cp', 'web1:/srv/large', target]);
  await eventually('it begins', () => readdirSync(target).length === 1);
  child.kill('SIGINT');
  assert.equal((await result).code, 130);
  server.close();
  rmSync(root, { recursive: true });
  assert.deepEqual(readdirSync(target), []);
});

/** The name that a killed copy left. */
async function leaveBehind(): Promise<string> {
  await (await beginCopy()).end('SIGKILL');
  const [name = ''] = readdirSync(target);
  return name;
}

function toldOfLeftovers(): string[] {
  const told: string[] = [];
  clearLeftovers(target, { say: (line) => told.push(line) });
  return told;
}

test('what a killed copy left goes with the next one, and what a running one needs stays', async () => {
  await leaveBehind();
  using running = new WorkDirectory(target);
  assert.equal(readdirSync(target).length, 2);
  assert.deepEqual(toldOfLeftovers(), []);
  assert.deepEqual(readdirSync(target), [basename(running.path)]);
});

test('what may be of another machine or of a boot before stays, and is told; what is no directory of ours is passed over', async () => {
  const left = await leaveBehind();
  const before = left.replace(/-[0-9a-f]{8}-/, '-00000000-');
  for (const name of [before, '.lodge-cp-x y']) mkdirSync(join(target, name));
  mkdirSync(join(target, left.replace(/.$/, '_')));
  chownSync(join(target, left.replace(/.$/, '_')), 65_534, 65_534);
  symlinkSync('/tmp', join(target, left.replace(/.$/, '0')));
  writeFileSync(join(target, '.lodge-cp-file'), '');
  const stays = readdirSync(target).filter((name) => name !== left);
  const words = [shellWord(join(target, before)), `'${target}/.lodge-cp-x y'`].sort();
  assert.deepEqual(
    toldOfLeftovers().sort(),
    words.map(
      (word) => `${word} is what a copy has left that was broken off, unless one is under way elsewhere: rm -r ${word}`,
    ),
  );
  assert.deepEqual(readdirSync(target), stays);
});

test('where others could have given the name to a directory of ours, it is told and stays', async () => {
  const left = await leaveBehind();
  for (const [mode, uid] of [
    [0o777, 0],
    [0o770, 0],
    [0o755, 65_534],
    [0o1777, 65_534],
  ] as const) {
    chmodSync(target, mode);
    chownSync(target, uid, uid);
    assert.equal(toldOfLeftovers().length, 1, mode.toString(8));
    assert.deepEqual(readdirSync(target), [left]);
  }
  chownSync(target, 0, 0);
  chmodSync(target, 0o1777);
  assert.deepEqual(toldOfLeftovers(), []);
  assert.deepEqual(readdirSync(target), []);
});
