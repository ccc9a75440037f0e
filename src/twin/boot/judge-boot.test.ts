import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Boot } from './boot.ts';
import { judgeBoot } from './judge-boot.ts';

const LINKS = { now: 'eth0', after: 'br0' };
const NOW = ['192.0.2.2/24 on eth0', 'net/ipv4/conf/eth0/rp_filter = 1'];
const AFTER = ['192.0.2.2/24 on br0', 'net/ipv4/conf/br0/rp_filter = 1'];

function boot(failures: { spot: string | null; text: string }[] = [], more: Partial<Boot> = {}): Boot {
  return { ran: true, program: 'ifupdown', failures, complaints: [], supposed: [], ...more } as Boot;
}

function judge(today: string[], planned: string[], boots: { now?: Boot; after?: Boot } = {}) {
  return judgeBoot(
    { running: NOW, booted: { boot: boots.now ?? boot(), words: today } },
    { running: AFTER, booted: { boot: boots.after ?? boot(), byFiles: [], words: planned, checks: [] } },
    LINKS,
  );
}

const redsOf = ({ checks }: ReturnType<typeof judge>) => checks.filter(({ isGreen }) => !isGreen);

test('a boot that makes what runs is green, and nothing is told of it', () => {
  const verdict = judge(NOW, AFTER);
  assert.deepEqual([redsOf(verdict), verdict.assumptions], [[], []]);
});

test('what is missing and what is there besides is red, with what failed', () => {
  const failed = boot([{ spot: '/etc/network/interfaces:7', text: 'ip route add x: no' }]);
  const [runs, state] = redsOf(
    judge(NOW, ['192.0.2.3/24 on br0', 'net/ipv4/conf/br0/rp_filter = 0'], { after: failed }),
  );
  assert.equal(runs?.cause, '/etc/network/interfaces:7: ip route add x: no');
  assert.equal(
    state?.cause,
    'there is no 192.0.2.2/24 on br0; net/ipv4/conf/br0/rp_filter = 0 instead of 1; there is 192.0.2.3/24 on br0 besides, because /etc/network/interfaces:7: ip route add x: no',
  );
});

test('where nothing failed the complaints of the program may say why', () => {
  const said = boot([], { complaints: ['/etc/x.network:3: Invalid address'] } as Partial<Boot>);
  assert.match(
    redsOf(judge(NOW, [], { after: said }))[0]?.cause ?? '',
    /; ifupdown said: \/etc\/x\.network:3: Invalid address$/,
  );
});

test('what does not come back today is told, also of the settings that move to the bridge, and is no fault of the plan', () => {
  const line = { spot: '/etc/network/interfaces:7', text: 'false: ifup gives up' };
  const moved = { ...line, spot: '/etc/network/interfaces:12' };
  const verdict = judge(
    ['192.0.2.2/24 on eth0', 'net/ipv4/conf/eth0/rp_filter = 0'],
    ['192.0.2.2/24 on br0', 'net/ipv4/conf/br0/rp_filter = 0'],
    {
      now: boot([line]),
      after: boot([moved]),
    },
  );
  assert.deepEqual(redsOf(verdict), []);
  assert.deepEqual(verdict.assumptions, [
    'fails at a boot today already: /etc/network/interfaces:7: false: ifup gives up',
    'a boot with the files of today does not make what runs: net/ipv4/conf/eth0/rp_filter = 0 instead of 1',
  ]);
});

test('an address that does not come back today has to come back on the bridge: the plan writes it', () => {
  const verdict = judge(['net/ipv4/conf/eth0/rp_filter = 1'], ['net/ipv4/conf/br0/rp_filter = 1']);
  assert.match(redsOf(verdict)[0]?.cause ?? '', /there is no 192\.0\.2\.2\/24 on br0/);
});

test('what a mended line brings is told; beside a line that fails still it would be red', () => {
  const line = { spot: null, text: 'route add … eth0: Network is unreachable' };
  const more = [...AFTER, 'the route of IPv4 192.0.2.192/26 via 192.0.2.1 dev br0'];
  const mended = judge(NOW, more, { now: boot([line]) });
  assert.deepEqual(redsOf(mended), []);
  assert.match(mended.assumptions.at(-1) ?? '', /comes with the next boot, by a line that fails today: the route/);
  assert.equal(redsOf(judge(NOW, more, { now: boot([line]), after: boot([line]) })).length, 1);
});
