import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLimits, refusalsOf } from './nat-shares.ts';

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

test('which limits a tap has', () => {
  const limits = parseLimits(LISTING).map(({ tap, share, limit }) => [tap, share, limit]);
  assert.deepEqual(limits, [
    ['lg8b0700000001', 'connections', 'ct count over 4096'],
    ['lg8b0700000002', 'connections', 'ct count over 100'],
    ['lg8b0700000001', 'openings', 'limit rate over 410/second burst 4096 packets'],
    ['lg8b0700000002', 'openings', 'limit rate over 25/second burst 100 packets'],
  ]);
});

test('who was refused what: only where packets were', () => {
  assert.deepEqual(refusalsOf(parseLimits(LISTING)), [
    { tap: 'lg8b0700000001', share: 'connections', packets: 12 },
    { tap: 'lg8b0700000002', share: 'openings', packets: 3 },
  ]);
});

test('a table without guests has nothing', () => {
  assert.deepEqual(parseLimits(LISTING.replace(/\t\telements = [^}]*\}\n/g, '')), []);
});
