import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import {
  readBounded,
  readBoundedStream,
  readBoundedSync,
  readEndSync,
  readStart,
  readStartSync,
} from './bounded-file.ts';
import { explainError, inOurWords, isLodgeError } from './errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'lodge-bounded-'));
after(() => rmSync(directory, { recursive: true }));
const at = (name: string) => join(directory, name);

/** What reading it is answered with, both ways; the first is who was told so by the other way, too. */
async function refusal(path: string, mostBytes: number): Promise<string> {
  const words = [
    await readBounded(path, mostBytes).then(String, explainError),
    await readBounded(path, mostBytes).then(String, (error) => explainError(inOurWords(error))),
  ];
  try {
    words.push(String(readBoundedSync(path, { mostBytes })));
  } catch (error) {
    words.push(explainError(error));
  }
  const [first = ''] = words;
  assert.deepEqual(new Set(words), new Set([first]));
  return first;
}

test('what is no regular file is refused by its kind, and not waited for', async () => {
  execFileSync('mkfifo', [at('fifo')]);
  mkdirSync(at('directory'));
  symlinkSync('/dev/zero', at('zero'));
  symlinkSync(at('fifo'), at('link'));
  const kinds = { fifo: 'a FIFO', link: 'a FIFO', zero: 'a device', directory: 'a directory' };
  for (const [name, kind] of Object.entries(kinds)) {
    const noFile = kind === 'a directory' ? 'and no file' : 'and no regular file';
    assert.equal(await refusal(at(name), 100), `${at(name)}: is ${kind}, ${noFile}`);
    await assert.rejects(readStart(at(name), 100));
    assert.throws(() => readStartSync(at(name), 100));
    assert.throws(() => readEndSync(at(name), 0, 100));
  }
  const told = inOurWords(await readBounded(at('fifo')).catch((error: unknown) => error));
  assert.ok(isLodgeError(told, 'VALIDATION_FAILED'));
});

test('a file that a link to /dev/null hides is an empty one, and no other device is', async () => {
  symlinkSync('/dev/null', at('hidden'));
  symlinkSync('/dev/full', at('full'));
  assert.equal(await refusal(at('hidden'), 0), '');
  assert.equal(await refusal(at('full'), 10), `${at('full')}: is a device, and no regular file`);
});

test('as many bytes are read as there may be, and not one more', async () => {
  writeFileSync(at('ten'), '0123456789');
  assert.equal(await refusal(at('ten'), 10), '0123456789');
  assert.equal(await refusal(at('ten'), 9), `${at('ten')}: is larger than 9B: it has 10B`);
  writeFileSync(at('empty'), '');
  assert.equal(await refusal(at('empty'), 0), '');
  writeFileSync(at('sparse'), '');
  truncateSync(at('sparse'), 2 ** 40);
  assert.equal(await refusal(at('sparse'), 1024 ** 2), `${at('sparse')}: is larger than 1MiB: it has 1TiB`);
});

test('what the kernel makes up has no size, and a bound all the same', async () => {
  const version = await readBounded('/proc/version');
  assert.match(version.toString(), /^Linux version /);
  assert.deepEqual(readBoundedSync('/proc/version'), version);
  assert.equal(await refusal('/proc/version', 9), '/proc/version: is larger than 9B');
  assert.equal(await refusal('/proc/self/mountinfo', 9), '/proc/self/mountinfo: is larger than 9B');
});

test('a file that grows while it is read has its bound', async () => {
  writeFileSync(at('growing'), 'x');
  const writer = spawn('sh', ['-c', 'while printf %4096s x; do :; done >> "$0"', at('growing')]);
  try {
    for (let round = 0; round < 20; round += 1) {
      const read = await readBounded(at('growing'), 64 * 1024).catch(() => null);
      assert.ok(read === null || read.length <= 64 * 1024);
    }
  } finally {
    writer.kill('SIGKILL');
    truncateSync(at('growing'), 0);
  }
});

test('beginning and end are read as far as they are asked for', async () => {
  writeFileSync(at('long'), `${'a'.repeat(1000)}${'b'.repeat(1000)}`);
  assert.equal(String(await readStart(at('long'), 1001)), `${'a'.repeat(1000)}b`);
  assert.equal(readStartSync(at('long'), 5000).length, 2000);
  assert.equal(String(readEndSync(at('long'), 0, 3)), 'bbb');
  assert.equal(String(readEndSync(at('long'), 1999, 300)), 'b');
  assert.equal(String(readEndSync(at('long'), 3000, 300)), '');
});

test('the errors of the system stay what they are', async () => {
  await assert.rejects(readBounded(at('nothing')), { code: 'ENOENT' });
  assert.throws(() => readBoundedSync(at('nothing')), { code: 'ENOENT' });
});

test('a stream without an end is left at its bound', async () => {
  let made = 0;
  async function* endless() {
    for (;;) {
      made += 1;
      yield Buffer.alloc(1024);
    }
  }
  await assert.rejects(
    readBoundedStream(endless(), 'the standard input', 4096),
    /^Error: the standard input: is larger/,
  );
  assert.equal(made, 5);
  const all = await readBoundedStream(Readable.from([Buffer.from('a'), Buffer.from('b')]), 'x', 2);
  assert.equal(String(all), 'ab');
});

test('a pipe of our own is read to its end, and no further than its bound', () => {
  const code = `
    import { readBoundedSync } from '${join(import.meta.dirname, 'bounded-file.ts')}';
    try { console.log(readBoundedSync('/dev/stdin', { mostBytes: 4096, takesPipes: true }).length); }
    catch (error) { console.log(error.message); }`;
  const run = (words: string) =>
    execFileSync('sh', ['-c', `${words} | "$0" --input-type=module -e "$1"`, process.execPath, code], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  assert.equal(run('head -c 4096 /dev/zero'), '4096\n');
  assert.equal(run('cat /dev/zero'), '/dev/stdin: is larger than 4KiB\n');
});
