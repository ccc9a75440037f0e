import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleep } from '../../src/base/clock.ts';
import { isLodgeError } from '../../src/base/errors.ts';
import { buildDebianImage } from '../../src/install/build-debian.ts';

/** Processes whose root or working directory is under a directory, by any name. */
async function processesIn(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const places = [`/proc/${pid}/root`, `/proc/${pid}/cwd`].map((link) => readlink(link).catch(() => ''));
    if ((await Promise.all(places)).some((place) => place.startsWith(dir))) found.push(pid);
  }
  return found;
}

const temporary = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('mmdebstrap.')).sort();
const atFirst = await temporary();

async function assertNothingLeft(dir: string): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while ((await processesIn(dir)).length > 0) {
    assert.ok(Date.now() < deadlineMs, `processes are left: ${await processesIn(dir)}`);
    await sleep(50);
  }
  assert.ok(!(await readFile('/proc/mounts', 'utf8')).includes(dir), 'a mount is left');
  assert.deepEqual(
    (await readdir(dir)).filter((name) => name !== 'work'),
    [],
  );
  assert.deepEqual(await temporary(), atFirst);
  await rm(join(dir, 'work'), { recursive: true, force: true, maxRetries: 5 });
}

test('an aborted build ends its programs and leaves nothing but its work directory', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-build-'));
  const abort = new AbortController();
  let sawProcesses = false;
  const onProgress = (detail: string) => {
    if (!detail.startsWith('unpacked ') || abort.signal.aborted) return;
    void processesIn(dir).then((found) => {
      sawProcesses = found.length > 0;
      abort.abort();
    });
  };
  try {
    const workDir = join(dir, 'work');
    const built = buildDebianImage({ name: 'debian-12', imagesDir: dir, workDir, onProgress, signal: abort.signal });
    await assert.rejects(built, (error) => isLodgeError(error, 'CANCELLED'));
    assert.ok(sawProcesses, 'the test could not see the processes that it looks for');
    await assertNothingLeft(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('a build whose process is killed leaves no process and no mount', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-build-'));
  const script = `
    import { buildDebianImage } from ${JSON.stringify(join(import.meta.dirname, '../../src/install/build-debian.ts'))};
    const onProgress = (detail) => console.log(detail);
    const signal = new AbortController().signal;
    await buildDebianImage({ name: 'debian-12', imagesDir: '${dir}', workDir: '${dir}/work', onProgress, signal });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = once(child, 'exit');
  try {
    for await (const chunk of child.stdout) {
      if (!String(chunk).includes('unpacked ')) continue;
      assert.notDeepEqual(await processesIn(dir), []);
      child.kill('SIGKILL');
    }
    await over;
    await assertNothingLeft(dir);
  } finally {
    child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
});
