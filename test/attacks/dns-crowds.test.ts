import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { after, before, test } from 'node:test';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import { nameShare } from '../../src/plan/name-share.ts';
import { isAnsweredByTcp } from '../support/dns-question.ts';
import { INTERNET, type Instance, newGuest } from '../support/nat-twin.ts';
import { NatWorld } from '../support/nat-world.ts';
import { eventually } from '../support/netns.ts';

/** Many guests of one mind take what each may have of the name service: what they have together leaves the others theirs. */
const CROWD = 18;
const FLOOD = new URL('../support/dns-flood.pl', import.meta.url).pathname;
/** A burst, and then as many a second as a guest may ask, for longer than a question is kept. */
const PATIENTLY = `for second in $(seq 12); do perl ${FLOOD} udp "$1" slow.test $((second == 1 ? 250 : 60)); sleep 1; done`;
const ASKED = 250 + 11 * 60;
/** Begins four connections, says which were made, and holds what it has. */
const HOARD = `
  for (let n = 0; n < 4; n += 1)
    require('node:net').connect(53, process.argv[1], () => console.log('made')).on('error', () => {}).on('close', () => {});`;
/** Answers for what is below example.test, and for nothing else ever. */
const SERVER = `
  const socket = require('node:dgram').createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  const answer = Buffer.from('c00c00010001000000000004c6336407', 'hex');
  socket.on('message', (asked, { address, port }) => {
    if (!asked.includes('\\x07example\\x04test', 0, 'latin1')) return;
    const question = asked.subarray(12, asked.indexOf(0, 12) + 5);
    const head = Buffer.from([asked[0], asked[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    socket.send(Buffer.concat([head, question, answer]), port, address);
  }).bind(53, process.argv[1], () => console.log('listening'));`;
const world = new NatWorld('dc');
const { spaces, network } = world;
const guests: NatGuest[] = [];
for (let number = 1; number <= CROWD + 1; number += 1) guests.push(newGuest(network, number, guests));
let link: Instance;
const hostile = guests.slice(1).map(({ name }) => name);

before(async () => {
  link = await world.begin(guests);
  const server = spaces.start('internet', process.execPath, ['-e', SERVER, INTERNET.ipv4]);
  await new Promise((resolve) => server.stdout?.once('data', resolve));
  await eventually('DNS works', async () => (await lookup()).includes('198.51.100.7'));
  assert.ok((await link.call('observe')).dnsmasqPid);
});
after(() => world.end());

/** As a resolver does: a datagram that was lost in the crowd is sent again. */
async function lookup(): Promise<string> {
  const name = `n${process.hrtime.bigint()}.example.test`;
  const words = ['10', 'busybox', 'nslookup', '-type=a', '-retry=5', '-timeout=1', name, network.ipv4Gateway];
  return (await spaces.run('web1', 'timeout', words, { okExitCodes: [0, 1, 124] })).stdout;
}

test('eighteen guests that ask for names that nobody answers have all places for questions together', async () => {
  const begunMs = performance.now();
  const floods = hostile.map((space) => spaces.start(space, 'sh', ['-c', PATIENTLY, 'sh', network.ipv4Gateway]));
  const isAsking = () => floods.some(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  const answers: string[] = [];
  do answers.push(await lookup());
  while (isAsking());
  // A busy machine may lose some of what is asked; a name service whose places are taken says so.
  assert.ok(answers.some((answer) => answer.includes('198.51.100.7')));
  assert.deepEqual(
    answers.filter((answer) => answer.includes('REFUSED')),
    [],
  );
  const { burst, perSecond } = nameShare(guests.length);
  const most = burst + (perSecond * (performance.now() - begunMs)) / 1000;
  const refusals = (await link.call('refusals')).filter(({ share }) => share === 'questions');
  assert.equal(refusals.length, CROWD);
  for (const { tap, packets } of refusals)
    assert.ok(ASKED - packets <= most, `${ASKED - packets} of ${tap}, not ${most}`);
});

test('ten guests that hold all connections that they get have all places for TCP together', async () => {
  const crowd = hostile.slice(0, 10);
  const hoards: ChildProcess[] = [];
  for (const space of crowd) {
    const hoard = spaces.start(space, process.execPath, ['-e', HOARD, network.ipv4Gateway]);
    await new Promise((resolve) => hoard.stdout?.once('data', resolve));
    hoards.push(hoard);
  }
  for (let number = 0; number < 5; number += 1) assert.ok(await isAnsweredByTcp(spaces, 'web1', network.ipv4Gateway));
  for (const hoard of hoards) hoard.kill('SIGKILL');
});
