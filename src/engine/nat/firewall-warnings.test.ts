import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firewallWarnings } from './firewall-warnings.ts';

const lodge = { tableName: 'lodge' };
const base = (table: string, name: string, hook: string | null, policy: 'accept' | 'drop') => ({
  family: 'ip',
  table,
  name,
  hook,
  policy,
});

test('a FORWARD policy of DROP beside Docker’s own chain is mended in that chain', () => {
  const chains = [base('filter', 'FORWARD', 'forward', 'drop'), base('filter', 'DOCKER-USER', null, 'accept')];
  const [warning] = firewallWarnings(chains, lodge);
  assert.match(warning?.summary ?? '', /guests do not reach the internet/);
  assert.match(
    warning?.fix ?? '',
    /^iptables -I DOCKER-USER -i (lg....)\+ -j ACCEPT && iptables -I DOCKER-USER -o \1\+ -j ACCEPT$/,
  );
});

test('another forward chain, and an input chain, are mended in themselves', () => {
  const chains = [base('fw', 'fwd', 'forward', 'drop'), base('fw', 'in', 'input', 'drop')];
  const fixes = firewallWarnings(chains, lodge).map(({ fix }) => fix);
  assert.match(
    fixes[0] ?? '',
    /^nft insert rule ip fw fwd iifname "lg....\*" accept && nft insert rule ip fw fwd oifname/,
  );
  assert.match(fixes[1] ?? '', /^nft insert rule ip fw in iifname "lg....\*" accept$/);
});

test('chains that accept, other hooks and our own tables are no matter', () => {
  const chains = [
    base('filter', 'FORWARD', 'forward', 'accept'),
    base('filter', 'OUTPUT', 'output', 'drop'),
    base('lodge_0a1b2c', 'forward', 'forward', 'drop'),
  ];
  assert.deepEqual(firewallWarnings(chains, lodge), []);
});
