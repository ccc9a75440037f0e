import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { snapshot } from '../support/nat-snapshot.ts';
import {
  type Instance,
  makeDirectory,
  makeHostAndInternet,
  newGuest,
  newNetwork,
  removeDirectory,
  startInstance,
} from '../support/nat-twin.ts';
import { Namespaces } from '../support/netns.ts';

const ROUNDS = 12;

const spaces = new Namespaces('n2');
let directory: string;

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

const KEYS = ['net.ipv4.conf.uplink.forwarding', 'net.ipv6.conf.all.forwarding'];
const settings = async () => (await spaces.run('host', 'sysctl', ['-n', ...KEYS])).stdout.trim().split('\n').join(' ');

/** As before 6.17, where IPv6 forwards for the whole host: that is what two instances can take from each other everywhere. */
function instance(name: string, taken: Instance[]): Instance {
  const path = `${directory}/${name}`;
  const network = newNetwork(
    path,
    taken.map((each) => each.network),
  );
  return startInstance(spaces, path, network, { perLinkIpv6Forwarding: false });
}

test('two instances that start and stop their guests in one instant take nothing from each other', async () => {
  const found = await snapshot(spaces, 'host');
  const first = instance('first', []);
  const second = instance('second', [first]);
  const guestsOf = new Map([first, second].map((each, index) => [each, [newGuest(each.network, index + 1)]]));
  const start = (each: Instance) => each.call('apply', guestsOf.get(each) ?? []);
  const stop = (each: Instance) => each.call('apply', []);
  await start(first);
  let [running, idle] = [first, second];
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all([stop(running), start(idle)]);
    assert.equal(await settings(), '1 1', `round ${round}: one came while the other went`);
    await start(running);
    await Promise.all([stop(running), stop(idle)]);
    assert.equal(await settings(), '0 0', `round ${round}: both went`);
    await Promise.all([start(running), start(idle)]);
    await stop(running);
    assert.equal(await settings(), '1 1', `round ${round}: both came and one went`);
    [running, idle] = [idle, running];
  }
  await stop(running);
  assert.deepEqual(await snapshot(spaces, 'host'), found);
});
