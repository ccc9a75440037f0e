import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestDetail } from '../../../test/support/fake-answers.ts';
import type { GuestPhase } from '../../model/guest.ts';
import type { NatGuest } from '../../model/nat-guest.ts';
import { GuestNetwork } from './guest-network.ts';

/** A host whose rules are there when they have been made, until somebody takes them away. */
function hostWith(phases: Map<string, GuestPhase>) {
  const host = { areThere: false, mended: 0 };
  const list = () => [...phases].map(([name, phase]) => ({ phase, spec: guestDetail(name).spec }));
  const make = async (guests: readonly NatGuest[]) => {
    host.areThere = guests.length > 0;
  };
  const link = {
    apply: make,
    sweep: async () => {},
    isGuarded: async () => host.areThere,
    mend: async (guests: readonly NatGuest[]) => {
      host.mended += 1;
      await make(guests);
    },
  };
  const store = { guests: { list, rows: list } };
  const nat = { link: async () => link };
  type Parts = ConstructorParameters<typeof GuestNetwork>;
  return { host, network: new GuestNetwork(store as unknown as Parts[0], nat as unknown as Parts[1]) };
}

test('a guest that is only reserved has lost nothing; once rules were made for it, they are kept', async () => {
  const phases = new Map<string, GuestPhase>();
  const { host, network } = hostWith(phases);
  await network.recover();
  phases.set('web1', 'creating');
  assert.equal(await network.reguard(), false);
  await network.refresh();
  assert.equal(await network.reguard(), false);
  host.areThere = false;
  assert.equal(await network.reguard(), true, 'flushed while it is created');
  assert.deepEqual(host, { areThere: true, mended: 1 });
  // Stopped, which takes the last rules away, and begun again.
  phases.set('web1', 'stopped');
  await network.refresh();
  phases.set('web1', 'starting');
  assert.equal(await network.reguard(), false);
  assert.equal(host.mended, 1);
});

test('a new daemon keeps the rules of the guests that it finds', async () => {
  const { host, network } = hostWith(new Map<string, GuestPhase>([['web1', 'running']]));
  await network.recover();
  host.areThere = false;
  assert.equal(await network.reguard(), true);
  assert.equal(host.areThere, true);
});
