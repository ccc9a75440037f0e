import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { NetworkFacts } from '../../src/api/types.ts';
import { MIB } from '../../src/base/size.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { startAsUser, USER_ID } from '../support/unprivileged-user.ts';

/** Turns a file into a FIFO and back, as fast as it can. */
const FLIP = `
use POSIX;
my $at = shift;
$| = 1;
open(my $out, ">", "$at.text"); print $out "auto x\\n"; close($out);
POSIX::mkfifo("$at.fifo", 0644) or die $!;
print "up\\n";
while (1) {
  unlink("$at.new"); link("$at.text", "$at.new"); rename("$at.new", $at);
  unlink("$at.new"); link("$at.fifo", "$at.new"); rename("$at.new", $at);
}
`;
/** Forty words as long as the kernel lets one be: with an unlimited stack anybody may have six megabytes of them. */
const TALK = `
my @words = map { "x" x 131071 } 1..40;
exec("perl", "-e", '$| = 1; print "up\\n"; <STDIN>', "--", @words) or die $!;
`;

let lodge: LodgeInstance;
let home = '';

before(async () => {
  lodge = await LodgeInstance.open('lgafu');
  home = `${lodge.root}/home`;
  await mkdir(home, { mode: 0o755 });
  await chown(home, USER_ID, USER_ID);
  await mkdir(`${lodge.root}/etc/network`, { recursive: true });
  // The administrator lets a user write a part of the network's file.
  await writeFile(`${lodge.root}/etc/network/interfaces`, 'auto lo\nsource /home/*.cfg\n');
  assert.equal((await lodge.run(['daemon', 'start'])).exitCode, 0);
});
after(() => lodge.close());

const facts = () => lodge.json<NetworkFacts>(['net', 'facts']);

async function mostMemory(): Promise<number> {
  const text = await readFile(`/proc/${await lodge.daemonPid()}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

test('a file that becomes a FIFO while the daemon reads it keeps it waiting for ever', async () => {
  const liar = startAsUser(['perl', '-e', FLIP, `${home}/mine.cfg`], false);
  try {
    await once(liar.stdout, 'data');
    let seen = 0;
    for (let look = 0; look < 20; look += 1) {
      const { files } = await facts();
      seen += files.some(({ path, text }) => path === '/home/mine.cfg' && text === 'auto x\n') ? 1 : 0;
    }
    assert.ok(seen > 0, 'the file was never read at all');
    assert.notEqual(await lodge.daemonPid(), null);
  } finally {
    liar.kill('SIGKILL');
    await rm(`${home}/mine.cfg`, { force: true });
  }
});

test('thousands of files where one was meant keep the daemon busy, or leave some out without a word', async () => {
  const paths = Array.from({ length: 1100 }, (_, at) => `${home}/${at}.cfg`);
  await Promise.all(paths.map((path) => writeFile(path, `auto x\n`)));
  const { exitCode, stdout } = await lodge.run(['net', 'facts', '--json']);
  await Promise.all(paths.map((path) => rm(path)));
  assert.notEqual(exitCode, 0);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
  assert.equal(error.code, 'TOO_COSTLY');
  assert.match(error.message, /more than 1000/);
  await facts();
});

test("megabytes of words of any user's processes fill the daemon's memory", async () => {
  await lodge.run(['doctor']);
  const before = await mostMemory();
  const talkers = Array.from({ length: 24 }, () =>
    startAsUser(['prlimit', '--stack=unlimited', 'perl', '-e', TALK], false),
  );
  try {
    await Promise.all(talkers.map((talker) => once(talker.stdout, 'data')));
    const words = await readFile(`/proc/${talkers[0]?.pid}/cmdline`);
    assert.ok(words.length > 4 * MIB, `they have ${words.length} bytes`);
    for (let look = 0; look < 3; look += 1) await lodge.run(['doctor']);
    const grown = (await mostMemory()) - before;
    assert.ok(grown < 32 * MIB, `the daemon took ${grown} bytes for them`);
  } finally {
    for (const talker of talkers) talker.stdin.end();
  }
});
