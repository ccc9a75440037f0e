import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KIB, MIB } from '../../src/base/size.ts';
import { INTERNET, type Instance, newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/** A guest asks for names as fast as it can: the host's own servers for names would have to answer it, and give the host up for it. */
const FLOOD = join(import.meta.dirname, '../support/dns-flood.pl');
const world = new NatWorld('df');
const { spaces, network } = world;
const hostile = newGuest(network, 1);
const honest = newGuest(network, 2, [hostile]);
/** What a guest may ask (docs/guides/nat.md); by TCP in bytes, of which a question of this flood has 49. */
const SHARES = { udp: { burst: 250, perSecond: 50 }, tcp: { burst: (16 * KIB) / 49, perSecond: (2 * KIB) / 49 } };
let link: Instance;
let log = '';

before(async () => {
  link = await world.begin([hostile, honest]);
  log = join(world.directory, 'asked');
  const words = [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--pid-file=',
    '--user=root',
  ];
  const listen = [`--listen-address=${INTERNET.ipv4}`, '--bind-interfaces', '--address=/example.test/198.51.100.7'];
  spaces.start('internet', 'dnsmasq', [...words, ...listen, '--log-queries', `--log-facility=${log}`]);
  await eventually('DNS works', async () => (await lookup('web2', network.ipv4Gateway)).includes('198.51.100.7'));
});
after(() => world.end());

async function lookup(space: string, server: string): Promise<string> {
  const args = ['5', 'busybox', 'nslookup', '-type=a', `n${process.hrtime.bigint()}.example.test`, server];
  return (await spaces.run(space, 'timeout', args, { okExitCodes: [0, 1, 124] })).stdout;
}

async function asked(suffix: string): Promise<number> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line.includes(' query[') && line.includes(`.${suffix} `)).length;
}

async function memoryOfService(): Promise<number> {
  const { dnsmasqPid } = await link.call('observe');
  return Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${dnsmasqPid}/status`, 'utf8'))?.[1]) * 1024;
}

for (const [how, { burst, perSecond }] of Object.entries(SHARES)) {
  test(`a guest has the host's servers asked by ${how} as often as it likes, or keeps DNS from others`, async () => {
    const memory = await memoryOfService();
    const suffix = `${how}.example.test`;
    const begunMs = performance.now();
    let isOver = false;
    const flood = spaces
      .run('web1', 'perl', [FLOOD, how, network.ipv4Gateway, suffix, '10000'])
      .finally(() => (isOver = true));
    do {
      assert.match(await lookup('web2', network.ipv4Gateway), /198\.51\.100\.7/);
      assert.match(await lookup('host', INTERNET.ipv4), /198\.51\.100\.7/);
    } while (!isOver);
    await flood;
    const seconds = (performance.now() - begunMs) / 1000;
    const questions = await asked(suffix);
    assert.ok(questions > 10, `only ${questions} came through`);
    assert.ok(questions <= burst + perSecond * seconds, `${questions} questions in ${seconds} s`);
    assert.ok((await memoryOfService()) - memory < 32 * MIB);
  });
}
