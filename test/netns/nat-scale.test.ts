import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GIB } from '../../src/base/size.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import {
  INTERNET,
  type Instance,
  makeDirectory,
  makeHostAndInternet,
  newGuest,
  newNetwork,
  plugGuest,
  removeDirectory,
  startInstance,
} from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';

const COUNT = 1000;
const spaces = new Namespaces('nc');
const network = newNetwork('');
let directory = '';
let link: Instance;

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  link = startInstance(spaces, directory, network);
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

test(`${COUNT} guests are made with one transaction, and the last of them reaches the internet`, async (t) => {
  const guests: NatGuest[] = [];
  for (let number = 1; number <= COUNT; number += 1) guests.push(newGuest(network, number, guests));
  const first = guests[0];
  const last = guests.at(-1);
  assert.ok(first !== undefined && last !== undefined);
  await plugGuest(spaces, network, last, { isStatic: true });
  await link.call('createTap', first.nic);
  t.diagnostic(`createTap of a real tap: ${link.lastMs().toFixed(0)} ms`);
  await link.call('createTap', last.nic);
  await link.call('apply', guests);
  t.diagnostic(`apply of ${COUNT} guests: ${link.lastMs().toFixed(0)} ms`);
  await link.call('apply', guests.slice(0, -1));
  t.diagnostic(`apply with one guest less: ${link.lastMs().toFixed(0)} ms`);
  await link.call('apply', [first]);
  t.diagnostic(`apply of the first guest alone: ${link.lastMs().toFixed(0)} ms`);
  await link.call('apply', guests);
  await eventually('the last guest pings', async () => {
    const { exitCode } = await spaces.run(last.name, 'ping', ['-c1', '-W1', INTERNET.ipv4], { okExitCodes: [0, 1, 2] });
    return exitCode === 0;
  });
  const { stdout } = await spaces.run('host', 'nft', ['list', 'chains']);
  assert.equal(stdout.match(/type \w+ hook/g)?.length, 14, 'base chains do not grow with the guests');
  assert.ok(process.memoryUsage().rss < GIB);
});
