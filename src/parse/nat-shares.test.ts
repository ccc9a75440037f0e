import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseShares } from './nat-shares.ts';

test('a set is read as nft lists it, in each of its versions', () => {
  const listing = `table inet lodge_shares {
	set connections {
		type ifname
		ct count over 1 counter
		elements = { "lg8b0700000001" ct count over 4096 counter packets 12 bytes 720,
			     "lg8b0700000002" ct count over 100 counter packets 0 bytes 0 }
	}
}`;
  assert.deepEqual(
    [...parseShares(listing)],
    [
      ['lg8b0700000001', { most: 4096, refused: 12 }],
      ['lg8b0700000002', { most: 100, refused: 0 }],
    ],
  );
});

test('a set without guests has nothing', () => {
  assert.equal(
    parseShares('table inet lodge_shares {\n\tset connections {\n\t\ttype ifname\n\t\tct count over 1 counter\n\t}\n}')
      .size,
    0,
  );
});
