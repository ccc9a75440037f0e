import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { MIB } from '../../src/base/size.ts';
import { openStore } from '../../src/store/store.ts';
import { bootWeb1, createOther } from '../support/booted-guest.ts';
import { usedByDaemon } from '../support/daemon-usage.ts';
import { type CliResult, LodgeInstance } from '../support/lodge-instance.ts';
import { obeyedIn } from '../support/terminal-controls.ts';

/** Root in a booted Debian has put a program of his own in the place of the guest's agent (hostile-agent.pl: what each word does). */
let lodge: LodgeInstance;
/** One root's shell in it for all: each `lodge ssh` of its own would take seconds. */
let root: ChildProcess;

before(async () => {
  lodge = await LodgeInstance.open('lgha');
  await createOther(lodge);
  await bootWeb1(lodge);
  const program = await readFile(join(import.meta.dirname, '../support/hostile-agent.pl'));
  const put = ['ssh', 'web1', '--', 'base64 -d >/root/agent.pl && systemctl mask --now qemu-guest-agent'];
  const { exitCode, stderr } = await lodge.run(put, {}, { input: program.toString('base64') });
  assert.equal(exitCode, 0, stderr);
  await pretendToHaveRun();
  root = lodge.spawn(['ssh', 'web1', '--', 'sh']);
});
after(async () => {
  root?.kill('SIGKILL');
  await lodge.run(['rm', 'web1', 'other', '--yes']);
  await lodge.close();
});

/** A guest that was started just now has a minute for each answer, and after five minutes five seconds. */
async function pretendToHaveRun(): Promise<void> {
  assert.equal((await lodge.run(['daemon', 'stop'])).exitCode, 0);
  const store = openStore(lodge.layout.database);
  store.guests.update('web1', { startedAtMs: Date.now() - 3_600_000 });
  store.close();
  assert.equal((await lodge.run(['daemon', 'start'])).exitCode, 0);
}

async function become(mode: string): Promise<void> {
  const ready = once(root.stdout as Readable, 'data');
  const start = `echo $$ >/root/agent.pid; exec perl /root/agent.pl ${mode}`;
  root.stdin?.write(`[ ! -e /root/agent.pid ] || kill -9 -$(cat /root/agent.pid) 2>/dev/null; : >/root/agent.log
    setsid sh -c '${start}' >/root/agent.log 2>&1 </dev/null &
    until grep -q ready /root/agent.log; do sleep 0.1; done; echo ready\n`);
  await ready;
}

/** Runs a command against the hostile agent, with the others beside it; what the daemon has used for it is bounded. */
async function attacked(mode: string, words: string[]): Promise<CliResult> {
  await become(mode);
  const begun = await usedByDaemon(lodge);
  let isOver = false;
  const running = lodge.run(words, {}, { input: 'some input\n' }).finally(() => {
    isOver = true;
  });
  do assert.equal((await lodge.show('other')).phase, 'running');
  while (!isOver);
  const result = await running;
  const used = await usedByDaemon(lodge);
  assert.ok(used.most - begun.most < 64 * MIB, `${mode}: the daemon grew from ${begun.most} to ${used.most}`);
  assert.ok(used.read - begun.read < 64 * MIB, `${mode}: the daemon read ${used.read - begun.read} bytes`);
  assert.deepEqual(obeyedIn(result.stdout + result.stderr), [], mode);
  return result;
}

const NONSENSE = /^lodge: the guest agent in web1 talks nonsense: it /;
/** A flood is cut off, or the time for an answer is over before: whichever comes first on this machine. */
const NO_AGENT =
  /^lodge: (?:the guest agent in web1 talks nonsense: it floods its channel|the guest agent in web1 cannot be asked: )/;
const NO_COMMANDS = /^lodge: web1 cannot run commands for us: /;
const NO_CODE = /^lodge: the guest said no exit code of the command$/m;

const ATTACKS: Record<string, RegExp> = {
  'no-json': NONSENSE,
  'no-object': NONSENSE,
  deep: NONSENSE,
  'deep-answer': NONSENSE,
  'deep-error': NONSENSE,
  huge: NONSENSE,
  'huge-lines': NONSENSE,
  events: NONSENSE,
  greeting: NONSENSE,
  'event-time': NONSENSE,
  'wrong-id': NONSENSE,
  unasked: NONSENSE,
  null: NONSENSE,
  text: NONSENSE,
  refusal: /^lodge: the guest agent refused guest-exec: /,
  partial: /^lodge: the guest agent in web1 cannot be asked: the guest agent did not answer guest-exec within /,
  flood: NO_AGENT,
  sentinels: NO_AGENT,
  'wrong-numbers': NO_AGENT,
  'events-first': NO_AGENT,
  'pid-minus': NONSENSE,
  'pid-zero': NONSENSE,
  'pid-init': NONSENSE,
  'pid-endless': NONSENSE,
  'pid-half': NONSENSE,
  'pid-text': NONSENSE,
  'pid-list': NONSENSE,
  'pid-none': NONSENSE,
  'status-code': NO_COMMANDS,
  'status-minus': NO_COMMANDS,
  'status-much': NO_COMMANDS,
  'status-never': NO_COMMANDS,
  'port-garbage': /^lodge: the guest answered with something else than the command that was begun$/m,
  'port-flood': /^lodge: the guest answered with something else than the command that was begun$/m,
  'port-code': NO_CODE,
  'port-minus': NO_CODE,
  'port-long': NO_CODE,
  'port-account': /^lodge: the guest has no such account$/m,
  'port-input': NO_COMMANDS,
};

for (const [mode, told] of Object.entries(ATTACKS)) {
  test(`an agent that does ${mode} ends a command with another end than an error, or takes the daemon from others`, async () => {
    const { exitCode, stdout, stderr } = await attacked(mode, ['exec', 'web1', '--', 'cat']);
    assert.match(stderr, told);
    assert.notEqual(exitCode, 0);
    assert.equal(stdout, '');
  });
}

test('an agent keeps a password that it says was set from being refused, or a report from being short', async () => {
  for (const mode of ['deep-answer', 'huge', 'events']) {
    const set = await attacked(mode, ['set', 'web1', '--password']);
    if (mode !== 'deep-answer') assert.equal(set.exitCode, 1, set.stdout);
    const shown = await attacked(mode, ['show', 'web1']);
    assert.equal(shown.exitCode, 0, shown.stderr);
    assert.ok(shown.stdout.length < 8192, shown.stdout);
    const copied = await attacked(mode, ['cp', 'web1:/etc/hosts', lodge.root]);
    assert.equal(copied.exitCode, 1);
    assert.match(copied.stderr, NONSENSE);
  }
});

test('an agent that says it shuts down, and does not, keeps the guest', async () => {
  // It has no word of its own for that: it answers, and nothing follows.
  await become('lies');
  const { exitCode, stdout, stderr } = await lodge.run(['stop', 'web1', '--timeout', '5']);
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /did not shut down in 5 s and was ended/);
  assert.equal((await lodge.show('web1')).phase, 'stopped');
});
