import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PacketSide, StoppedByRule } from '../../model/packet-report.ts';
import { type OwnerFacts, planFixes } from './fixes.ts';

const OWNERS: OwnerFacts = {
  hasFirewallCmd: false,
  hasUfw: false,
  hasIptables: true,
  hasSystemd: true,
  nftablesConf: null,
  savedRules: { ip: false, ip6: false },
  dockerUser: [],
  ufwChains: [],
};
const FORWARD: StoppedByRule = {
  kind: 'rule',
  program: 'nft',
  family: 'ip',
  table: 'filter',
  chain: 'FORWARD',
  baseChain: 'FORWARD',
  hook: 'forward',
  rule: null,
  handle: null,
};
const SCENE = { tapPrefix: 'lg2c47', pools: { ipv4: '10.1.0.0/20', ipv6: 'fd00::/64' }, publishedPort: 30_000 };

function fixesOf(cause: Partial<StoppedByRule>, owners: Partial<OwnerFacts>, side: PacketSide = 'from-guest') {
  const stop = { cause: { ...FORWARD, ...cause }, side, isAnswer: false };
  return planFixes([stop, stop], { ...OWNERS, ...owners }, SCENE);
}

test('each owner of rules is told in his own words, what is for now and what lasts', () => {
  const firewalld = { family: 'inet', table: 'firewalld', baseChain: 'filter_FORWARD' };
  assert.deepEqual(fixesOf(firewalld, { hasFirewallCmd: true }), [
    {
      owner: 'firewalld',
      now: ['firewall-cmd --zone=trusted --add-interface=lg2c47+'],
      lasting: ['firewall-cmd --permanent --zone=trusted --add-interface=lg2c47+'],
    },
  ]);
  const [ufw] = fixesOf({}, { hasUfw: true, ufwChains: ['ip filter'] });
  assert.deepEqual(ufw?.now.slice(2), ['ufw route allow in on lg2c47+', 'ufw route allow out on lg2c47+']);
  const [docker] = fixesOf({}, { dockerUser: ['ip filter'] });
  assert.equal(docker?.now[0], 'iptables -I DOCKER-USER -i lg2c47+ -j ACCEPT');
  assert.match(docker?.lasting[0] ?? '', /ExecStartPost=\/usr\/sbin\/iptables -I DOCKER-USER -i lg2c47\+ -j ACCEPT'/);
  const [saved] = fixesOf({ family: 'ip6' }, { savedRules: { ip: false, ip6: true } });
  assert.deepEqual(saved?.lasting, [
    "sed -i '/^\\*filter$/,/^COMMIT/s/^:FORWARD .*/&\\n-A FORWARD -i lg2c47+ -j ACCEPT\\n-A FORWARD -o lg2c47+ -j ACCEPT/' /etc/iptables/rules.v6",
  ]);
});

test('a table of /etc/nftables.conf is mended there too, and only when its chain is written there', () => {
  const mine = {
    family: 'inet',
    table: 'mine',
    chain: 'deep',
    baseChain: 'front',
    hook: 'input',
    rule: 'drop',
    handle: 4,
  };
  const text = 'table inet mine {\n  chain front {\n  }\n}\n';
  assert.deepEqual(fixesOf(mine, { nftablesConf: text }), [
    {
      owner: '/etc/nftables.conf',
      now: [`nft 'insert rule inet mine front iifname "lg2c47*" accept'`],
      lasting: [`echo 'insert rule inet mine front iifname "lg2c47*" accept' >> /etc/nftables.conf`],
    },
  ]);
  assert.deepEqual(fixesOf({ ...mine, baseChain: 'other' }, { nftablesConf: text })[0]?.lasting, []);
});

test('what comes from outside is let in by its port, what leaves behind NAT by connection tracking', () => {
  const raw = { family: 'ip', table: 'raw', chain: 'PREROUTING', baseChain: 'PREROUTING', hook: 'prerouting' };
  assert.deepEqual(fixesOf(raw, {}, 'from-outside')[0]?.now, [
    'iptables -t raw -I PREROUTING -p tcp --dport 30000 -j ACCEPT',
  ]);
  const last = { family: 'inet', table: 'last', baseChain: 'c', hook: 'postrouting' };
  assert.match(fixesOf(last, {})[0]?.now.join('\n') ?? '', /ct original ip6 saddr fd00::\/64 accept/);
});
