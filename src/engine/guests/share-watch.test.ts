import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import type { GuestRefusal } from '../../model/guest-share.ts';
import { watchShares } from './share-watch.ts';

test('a guest that meets its limit becomes an event, and one failed look ends nothing', async () => {
  const errors: string[] = [];
  const readings = [0, null, 5].values();
  const refusals = async (): Promise<GuestRefusal[]> => {
    const packets = readings.next().value;
    if (packets === null) throw new Error('nft has no time');
    return [{ guest: 'web1', share: 'connections', packets: packets ?? 5 }];
  };
  const told = await new Promise<unknown>((resolve) => {
    const log = { warn: () => {}, error: (_: object, text: string) => errors.push(text) };
    const stop = watchShares(
      {
        network: { refusals },
        clock: systemClock,
        events: {
          publish(event) {
            stop();
            resolve(event);
          },
        },
        log,
      },
      1,
    );
  });
  assert.deepEqual(told, { type: 'guest.limit', guest: 'web1', share: 'connections', packets: 5 });
  assert.deepEqual(errors, ["guests' shares cannot be watched: nft has no time"]);
});
