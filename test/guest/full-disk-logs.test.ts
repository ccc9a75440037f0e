import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sleep } from '../../src/base/clock.ts';
import { exec } from '../../src/host/exec.ts';
import { pathExists } from '../../src/host/files.ts';
import { withLogWriter } from '../../src/qemu/log-writer.ts';
import { endLogs, prepareLogs } from '../../src/qemu/prepare-logs.ts';

const directory = await mkdtemp(join(tmpdir(), 'lodge-full-'));
after(async () => {
  await exec('umount', [directory]);
  await rm(directory, { recursive: true });
});

test('what a full disk does not take is counted where it is missing, and who speaks is not held up', async () => {
  await exec('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
  const at = (name: string) => join(directory, name);
  const logs = { qemuLog: { file: at('qemu.log'), pipe: at('pipes/qemu') }, serialLog: null };
  await prepareLogs(logs, 0);
  const begin = (await readFile(logs.qemuLog.file)).length;
  await writeFile(at('filler'), Buffer.alloc(900 * 1024));
  const spoken = 300 * 1024;
  const script = `print STDERR "x" x 1024 for 1 .. ${spoken / 1024}; open(my $told, ">", $ARGV[0]); close($told); select(undef, undef, undef, 0.01) while -e $ARGV[0]; print STDERR "after\\n"`;
  const told = `${directory}.told`;
  const [program = '', ...args] = withLogWriter(['perl', '-e', script, told], logs, null);
  const speaking = exec(program, args);
  while (!(await pathExists(told))) await sleep(5);
  // All that was said is out of the pipe when the file has grown no more for a while: nothing else tells.
  for (let size = -1, now = 0; size !== now; await sleep(100)) {
    size = now;
    now = (await readFile(logs.qemuLog.file)).length;
  }
  await rm(at('filler'));
  await rm(told);
  await speaking;
  await endLogs(logs);
  const log = await readFile(logs.qemuLog.file, 'latin1');
  const [, missing, reason] = /\n\[lodge: (\d+) bytes are missing here: (.*)\]\nafter\n$/.exec(log) ?? [];
  assert.equal(reason, 'No space left on device');
  const kept = log
    .slice(begin)
    .split('')
    .filter((one) => one === 'x').length;
  assert.equal(kept + Number(missing), spoken);
});
