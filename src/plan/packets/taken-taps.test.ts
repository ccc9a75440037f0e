import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HopReport, PacketStop } from '../../model/packet-report.ts';
import { planFixes } from './fixes.ts';
import { judgeTrial } from './judge-report.ts';
import { explainTaken, withoutTaken } from './taken-taps.ts';

const FACTS = {
  lost: ['ipv4' as const],
  networkFile: null,
  ourFile: '/run/systemd/network/+lodge-lg8b07.network',
  programs: [],
};
const OWNERS = {
  hasFirewallCmd: false,
  hasUfw: false,
  hasIptables: true,
  hasSystemd: true,
  nftablesConf: null,
  savedRules: { ip: false, ip6: false },
  dockerUser: [],
  ufwChains: [],
};
const SCENE = { tapPrefix: 'lg8b07', pools: { ipv4: '10.1.0.0/20', ipv6: 'fd00::/64' }, publishedPort: 30_000 };

const stoppedBy = (table: string): PacketStop => ({
  cause: {
    ...{ kind: 'rule', program: 'nft', family: 'inet', table, chain: 'asked_by_guest', baseChain: 'ask_host' },
    ...{ hook: 'input', rule: 'iifname @requests counter name over_questions drop', handle: 4 },
  },
  side: 'from-guest',
  isAnswer: false,
});
function hop(name: HopReport['hop'], family: HopReport['family'], stop: PacketStop | null): HopReport {
  return { hop: name, family, link: null, outcome: stop === null ? 'passed' : 'stopped', reason: null, stop };
}
const fixOf = (networkFile: string) => explainTaken({ ...FACTS, networkFile })?.fix;

test('the file by which networkd takes taps is named, with what puts it behind ours', () => {
  const file = '/etc/systemd/network/!all.network';
  const taken = explainTaken({ ...FACTS, networkFile: file });
  assert.match(
    taken?.reason ?? '',
    /^systemd-networkd configures the taps of guests, by .*!all\.network, and has taken/,
  );
  assert.equal(taken?.fix, `mv '${file}' /etc/systemd/network/10-all.network && networkctl reload`);
  assert.equal(fixOf('/etc/systemd/network/90-dhcp.network'), 'networkctl reload', 'it has not read ours yet');
  const masking = '/etc/systemd/network/+lodge-lg8b07.network';
  assert.equal(fixOf(masking), `mv ${masking} /etc/systemd/network/10-lodge-lg8b07.network && networkctl reload`);
});

test('who has taken an address and does not show is not guessed: what runs is named', () => {
  assert.equal(explainTaken({ ...FACTS, lost: [] }), null);
  const [alone, beside] = [explainTaken(FACTS), explainTaken({ ...FACTS, programs: ['connmand'] })];
  assert.equal(alone?.reason, "another program has taken the addresses of guests' taps away");
  assert.match(beside?.reason ?? '', /away \(connmand configures links here\)$/);
  assert.equal(beside?.fix, null);
});

test('what a tap has lost stops its family, no table of Lodge’s is blamed for it, and rules of others stay blamed', () => {
  const found = [
    hop('dhcp', 'ipv4', stoppedBy('lodge')),
    hop('out', 'ipv4', stoppedBy('mine')),
    hop('ping', 'ipv6', null),
  ];
  const hops = withoutTaken(found, explainTaken({ ...FACTS, networkFile: '/etc/systemd/network/!all.network' }));
  assert.match(hops[0]?.stop?.cause.kind === 'kernel' ? hops[0].stop.cause.reason : '', /^systemd-networkd/);
  assert.equal(hops[1]?.stop?.cause.kind, 'rule');
  assert.equal(hops[2]?.outcome, 'passed');
  const fixes = planFixes(
    hops.flatMap(({ stop }) => stop ?? []),
    OWNERS,
    SCENE,
  );
  assert.deepEqual(
    fixes.map(({ owner }) => owner),
    ['systemd-networkd', 'nftables (table inet mine)'],
  );
});

test('nobody is told to change a table of Lodge’s, of this instance or another one', () => {
  for (const table of ['lodge', 'lodge_shares', 'lodge_12ab34', 'lodge_12ab34_shares', 'lodge_guard']) {
    assert.deepEqual(planFixes([stoppedBy(table)], OWNERS, SCENE), [], table);
  }
  assert.equal(planFixes([stoppedBy('lodgers')], OWNERS, SCENE).length, 1);
});

test('a networkd that has taps and has taken nothing yet is told', () => {
  const taken = explainTaken({ ...FACTS, lost: [], networkFile: '/etc/systemd/network/!all.network' });
  const report = { hops: [hop('dhcp', 'ipv4', null)], fixes: [], taken };
  const check = judgeTrial({ kind: 'tried', report });
  assert.equal(check.status, 'warn');
  assert.match(check.summary, /^systemd-networkd configures the taps of guests, by \/etc\S+!all\.network$/);
  assert.match(check.fix ?? '', /^mv /);
});
