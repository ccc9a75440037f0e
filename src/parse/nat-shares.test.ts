import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRefusals, parseShares } from './nat-shares.ts';

const LISTING = `table inet lodge_shares {
	counter over_connections {
		packets 12 bytes 720
	}

	set connections {
		type ifname
		ct count over 1 counter
		elements = { "lg8b0700000001" ct count over 4096 counter packets 12 bytes 720,
			     "lg8b0700000002" ct count over 100 counter packets 0 bytes 0 }
	}

	set openings {
		type ifname
		limit rate over 25/second burst 100 packets counter
		elements = { "lg8b0700000001" limit rate over 410/second burst 4096 packets counter packets 0 bytes 0,
			     "lg8b0700000002" limit rate over 25/second burst 100 packets counter packets 3 bytes 180 }
	}

	set requests {
		type ifname
		limit rate over 5/second burst 30 packets counter
	}

	chain asked_by_guest {
		icmpv6 type nd-router-solicit iifname @requests counter name "over_questions" drop
	}
}`;

test('how many connections a tap may have', () => {
  assert.deepEqual(
    [...parseShares(LISTING)],
    [
      ['lg8b0700000001', 4096],
      ['lg8b0700000002', 100],
    ],
  );
});

test('who was refused what: only where packets were', () => {
  assert.deepEqual(parseRefusals(LISTING), [
    { tap: 'lg8b0700000001', share: 'connections', packets: 12 },
    { tap: 'lg8b0700000002', share: 'openings', packets: 3 },
  ]);
});

test('a table without guests has nothing', () => {
  const empty = LISTING.replace(/\t\telements = [^}]*\}\n/g, '');
  assert.equal(parseShares(empty).size, 0);
  assert.deepEqual(parseRefusals(empty), []);
});
