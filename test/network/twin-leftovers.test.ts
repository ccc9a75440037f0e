import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { after, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { sweepStaleTwins } from '../../src/twin/reaper.ts';
import { eventually, Namespaces } from '../support/netns.ts';

const OWNER = new URL('../support/twin-owner.ts', import.meta.url).pathname;
const owners: ChildProcess[] = [];

after(() => {
  for (const owner of owners) owner.kill('SIGKILL');
});

/** Starts a process with a twin; `label` finds its namespaces. */
function startOwner(
  label: string,
  how: 'hold' | 'boot' = 'hold',
): { owner: ChildProcess; ready: Promise<{ reaper: number }> } {
  const owner = spawn(process.execPath, [OWNER, how, label], { stdio: ['ignore', 'pipe', 'inherit'] });
  owners.push(owner);
  const ready = new Promise<{ reaper: number }>((resolve) => {
    owner.stdout?.once('data', (text: Buffer) => resolve(JSON.parse(text.toString()) as { reaper: number }));
  });
  return { owner, ready };
}

async function spacesOf(label: string): Promise<string[]> {
  const names = await readdir('/run/netns').catch(() => []);
  return names.filter((name) => name.startsWith('lodge-twin.') && name.includes(`.${label}`));
}

async function gone(label: string): Promise<void> {
  await eventually('the namespaces are gone', async () => (await spacesOf(label)).length === 0, 20_000);
}

test('a twin whose owner is killed is gone within seconds', async () => {
  const { owner, ready } = startOwner('killed');
  const { reaper } = await ready;
  assert.equal((await spacesOf('killed')).length, 6);
  owner.kill('SIGKILL');
  await gone('killed');
  await eventually('the reaper has ended', () => !isAlive(reaper));
});

test('a boot whose owner is killed ends with everything that its files have started', async () => {
  const { owner, ready } = startOwner('booting', 'boot');
  await ready;
  const [host = ''] = (await spacesOf('booting')).filter((name) => name.endsWith('-host'));
  const running = await eventually('the line of the file runs', async () => {
    const { stdout } = await exec('ip', ['netns', 'pids', host]);
    const { stdout: words } = await exec('ps', ['-o', 'pid=,args=', '-p', stdout.trim().split('\n').join(',') || '1']);
    return /^ *(\d+) tail -f \/dev\/null$/m.exec(words)?.[1];
  });
  owner.kill('SIGKILL');
  await gone('booting');
  assert.ok(!isAlive(Number(running)));
});

test('a twin whose owner is killed while it is being built leaves nothing either', async () => {
  const { owner } = startOwner('halfway');
  await eventually('the first namespace is there', async () => (await spacesOf('halfway')).length > 0, 30_000);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  await eventually(
    'nothing is left, and nothing comes later',
    async () => {
      if ((await spacesOf('halfway')).length > 0) return false;
      await new Promise((resolve) => setTimeout(resolve, 2000));
      return (await spacesOf('halfway')).length === 0;
    },
    30_000,
  );
});

test('a twin whose owner and reaper are both killed is swept away by the next one', async () => {
  const { owner, ready } = startOwner('orphan');
  const { reaper } = await ready;
  process.kill(reaper, 'SIGKILL');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  await eventually('the reaper has ended', () => !isAlive(reaper));
  const { ready: held, owner: other } = startOwner('living');
  await held;
  const swept = await spacesOf('orphan');
  assert.deepEqual(swept, [], 'the new owner has swept');
  assert.deepEqual(await sweepStaleTwins(), []);
  assert.equal((await spacesOf('living')).length, 6, 'a living twin is left alone');
  other.kill('SIGKILL');
  await gone('living');
});

test('building a twin and taking it down changes nothing of the network it is started in', async () => {
  const spaces = new Namespaces('tl');
  try {
    await spaces.add('root');
    await spaces.run('root', 'ip', ['link', 'add', 'br0', 'type', 'bridge']);
    await spaces.nft(
      'root',
      'table inet mine { chain forward { type filter hook forward priority 0; policy drop; }\n}',
    );
    const before = await readAll(spaces);
    const place = `--net=/run/netns/${spaces.nameOf('root')}`;
    const { stdout } = await exec('nsenter', [place, process.execPath, OWNER, 'close', 'inorder']);
    assert.match(stdout, /"reaper":\d+/);
    assert.deepEqual(await readAll(spaces), before);
    assert.deepEqual(await spacesOf('inorder'), []);
  } finally {
    await spaces.close();
  }
});

async function readAll(spaces: Namespaces): Promise<string[]> {
  const commands = [
    ['ip', '-j', '-d', 'link'],
    ['ip', '-j', 'address'],
    ['ip', '-j', '-4', 'route', 'show', 'table', 'all'],
    ['ip', '-j', '-6', 'route', 'show', 'table', 'all'],
    ['ip', '-j', 'neigh', 'show', 'proxy'],
    ['nft', 'list', 'ruleset'],
    ['grep', '-rs', '', '/proc/sys/net/ipv4/conf', '/proc/sys/net/ipv6/conf'],
  ];
  return Promise.all(
    commands.map(async ([program = '', ...args]) => {
      const { stdout } = await spaces.run('root', program, args, { okExitCodes: [0, 1, 2] });
      return stdout.replace(/"gc_timer":[\d.]+/g, '');
    }),
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
