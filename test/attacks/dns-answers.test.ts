import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { MIB } from '../../src/base/size.ts';
import { INTERNET, type Instance, newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/** A guest asks, by the host's name service, a name server outside that is on its side: answers as long as they can be, in a row. */
const SERVER = new URL('../support/hostile-name-server.ts', import.meta.url).pathname;
/** Asks a dozen times by each way, says how many bytes came by TCP, and leaves when the other end does. */
const ASKER = `
  const [address, kind, type] = process.argv.slice(1);
  const questions = Array.from({ length: 12 }, (_, number) => {
    const labels = ['n' + number + process.pid, kind, 'evil', 'test'].map((label) => String.fromCharCode(label.length) + label).join('');
    return Buffer.concat([Buffer.from([0, number, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from(labels + '\\0'), Buffer.from([0, type, 0, 1])]);
  });
  const udp = require('node:dgram').createSocket('udp4').unref();
  for (const question of questions) udp.send(question, 53, address);
  let bytes = 0;
  const tcp = require('node:net').connect({ host: address, port: 53, allowHalfOpen: true });
  tcp.end(Buffer.concat(questions.flatMap((question) => [Buffer.from([0, question.length]), question])));
  tcp.on('error', () => {}).on('data', (data) => (bytes += data.length)).on('end', () => console.log(bytes));`;
/** What each answer is full of, or does, and the type that is asked for. */
const KINDS = { many: 1, six: 28, chain: 1, circle: 1, names: 1, texts: 16, itself: 1, more: 1, half: 1, datagram: 1 };
const world = new NatWorld('da');
const { spaces, network } = world;
const hostile = newGuest(network, 1);
const honest = newGuest(network, 2, [hostile]);
let link: Instance;

before(async () => {
  link = await world.begin([hostile, honest]);
  const server = spaces.start('internet', process.execPath, [SERVER, INTERNET.ipv4]);
  await new Promise((resolve) => server.stdout?.once('data', resolve));
  await eventually('DNS works', async () => (await lookup()).includes('198.51.100.7'));
});
after(() => world.end());

async function lookup(): Promise<string> {
  const words = ['10', 'busybox', 'nslookup', '-type=a', '-retry=5', '-timeout=1'];
  const name = `n${process.hrtime.bigint()}.example.test`;
  const ask = [...words, name, network.ipv4Gateway];
  return (await spaces.run('web2', 'timeout', ask, { okExitCodes: [0, 1, 124] })).stdout;
}

/** Of the name service and of those of its processes that answer by TCP. */
async function memoryOfService(): Promise<number> {
  const { dnsmasqPid } = await link.call('observe');
  let sum = 0;
  for (const pid of await spaces.pids('host')) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const isIts = pid === dnsmasqPid || new RegExp(`^PPid:\\s+${dnsmasqPid}$`, 'm').test(status);
    if (isIts) sum += Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  }
  return sum;
}

for (const [kind, type] of Object.entries(KINDS)) {
  test(`answers of the kind ‘${kind}’ make the name service grow, end it, or keep it from others`, async () => {
    const { dnsmasqPid } = await link.call('observe');
    const before = await memoryOfService();
    let most = before;
    let isOver = false;
    const words = ['20', process.execPath, '-e', ASKER, network.ipv4Gateway, kind, `${type}`];
    const asking = spaces.run('web1', 'timeout', words, { okExitCodes: [0, 124] }).finally(() => (isOver = true));
    do {
      assert.match(await lookup(), /198\.51\.100\.7/);
      most = Math.max(most, await memoryOfService());
    } while (!isOver);
    assert.notEqual((await asking).stdout, '0\n');
    assert.ok(most - before < 4 * MIB, `${most - before}`);
    assert.equal((await link.call('observe')).dnsmasqPid, dnsmasqPid);
  });
}
