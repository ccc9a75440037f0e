import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { NetworkIntent } from '../../src/model/network-intent.ts';
import { intentOfNetworkd } from '../../src/parse/networkd-intent.ts';
import { eventually, Namespaces } from '../support/netns.ts';
import { readCorpus } from '../support/network-corpus.ts';
import { intentRuns, NetworkdWorld } from '../support/networkd-world.ts';

const namespaces = new Namespaces('nd');
after(() => namespaces.close());

/** Kinds of links that the kernel of this machine does not have: nobody can compare them here. */
let missingKinds: string[] = [];
before(async () => {
  await namespaces.add('kinds');
  const tries = { dummy: 'add k0 type dummy', bond: 'add k1 type bond', vlan: 'add link lo name k2 type vlan id 5' };
  for (const [kind, words] of Object.entries(tries)) {
    const { exitCode } = await namespaces.run('kinds', 'ip', ['link', ...words.split(' ')], { okExitCodes: [0, 2] });
    if (exitCode !== 0) missingKinds = [...missingKinds, kind];
  }
});

// networkd waits most of the time: for carriers and for link-local addresses.
describe('networkd', { concurrency: 4 }, () => {
  for (const [index, entry] of readCorpus('networkd').entries()) {
    test(`systemd-networkd does what we read in ${entry.name}`, async (t) => {
      const world = new NetworkdWorld(namespaces, `h${index}`);
      await world.plug(entry.links);
      const intent = intentOfNetworkd(entry.files, entry.links);
      const { expected, left } = withoutMissing(intent);
      if (left.length > 0) t.diagnostic(`this kernel cannot make ${left.join(', ')}`);
      world.start(entry.directory);
      for (const { name } of entry.links) {
        await eventually(`networkd knows ${name}`, async () => {
          return ['configured', 'configuring', 'unmanaged', 'failed'].includes((await world.stateOf(name)) ?? '');
        });
      }
      const reality = await settled(world, expected);
      assert.deepEqual(reality, expected, world.log);
    });
  }
});

/** What runs once it has been as expected for three looks: what comes late must not be missed. Else what runs after 8 s. */
async function settled(world: NetworkdWorld, expected: string[]): Promise<string[]> {
  let reality: string[] = [];
  let looks = 0;
  await eventually(
    'three looks',
    async () => {
      reality = await world.reality();
      looks = JSON.stringify(reality) === JSON.stringify(expected) ? looks + 1 : 0;
      return looks === 3;
    },
    8000,
  ).catch(() => undefined);
  return reality;
}

function withoutMissing(intent: NetworkIntent): { expected: string[]; left: string[] } {
  const left = intent.links.filter(({ kind }) => missingKinds.includes(kind)).map(({ name }) => name);
  const expected = intentRuns({
    ...intent,
    links: intent.links.filter(({ name }) => !left.includes(name)),
    addresses: intent.addresses.filter(({ link }) => !left.includes(link)),
    routes: intent.routes.filter(({ context }) => !left.includes(context)),
  });
  return { expected, left };
}
