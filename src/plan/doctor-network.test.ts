import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ForwardChainFacts,
  judgeBridgeNetfilter,
  judgeForwarding,
  judgeForwardPolicy,
  judgeNft,
} from './doctor-network.ts';

const DOCKER: ForwardChainFacts = {
  family: 'ip',
  table: 'filter',
  chain: 'FORWARD',
  policy: 'drop',
  rules: '',
  hasDockerUser: true,
};

test('a FORWARD policy of DROP left by Docker is mended in the chain that Docker leaves to the owner', () => {
  const check = judgeForwardPolicy([DOCKER]);
  assert.equal(check.status, 'warn');
  assert.match(check.summary, /^Docker drops/);
  assert.equal(check.fix, 'iptables -I DOCKER-USER -i lg+ -j ACCEPT && iptables -I DOCKER-USER -o lg+ -j ACCEPT');
});

test('each family and each kind of firewall has its own fix', () => {
  const fix = (chain: Partial<ForwardChainFacts>) =>
    judgeForwardPolicy([{ ...DOCKER, hasDockerUser: false, ...chain }]).fix;
  assert.match(fix({ family: 'ip6' }) ?? '', /^ip6tables -I FORWARD -i/);
  assert.match(fix({ table: 'legacy filter' }) ?? '', /^iptables-legacy -I FORWARD/);
  assert.equal(
    fix({ family: 'inet', chain: 'forward' }),
    `nft insert rule inet filter forward iifname '"lg*"' accept && nft insert rule inet filter forward oifname '"lg*"' accept`,
  );
  assert.equal(judgeForwardPolicy([DOCKER, { ...DOCKER, family: 'ip6' }]).fix?.split(' && ').length, 4);
});

test('it is fine once the fix was made, and half of it is not enough', () => {
  const inward = '\t\tiifname "lg*" counter packets 3 bytes 252 accept\n';
  const outward = '\t\toifname "lg*" counter packets 0 bytes 0 accept\n';
  assert.equal(judgeForwardPolicy([{ ...DOCKER, rules: inward + outward }]).status, 'ok');
  assert.equal(judgeForwardPolicy([{ ...DOCKER, rules: inward }]).status, 'warn');
  const legacy = '-P FORWARD DROP\n-A FORWARD -i lg+ -j ACCEPT\n-A FORWARD -o lg+ -j ACCEPT\n';
  assert.equal(judgeForwardPolicy([{ ...DOCKER, table: 'legacy filter', rules: legacy }]).status, 'ok');
});

test('chains that accept, and our own, are no problem', () => {
  assert.equal(judgeForwardPolicy([{ ...DOCKER, policy: 'accept' }]).status, 'ok');
  assert.equal(judgeForwardPolicy([{ ...DOCKER, family: 'inet', table: 'lodge_1a2b' }]).status, 'ok');
  assert.equal(judgeForwardPolicy([]).status, 'ok');
});

test('br_netfilter: only the switches that are on are turned off', () => {
  assert.equal(judgeBridgeNetfilter(null).status, 'ok');
  assert.equal(judgeBridgeNetfilter({ 'bridge-nf-call-iptables': '0' }).status, 'ok');
  const check = judgeBridgeNetfilter({ 'bridge-nf-call-iptables': '1', 'bridge-nf-call-arptables': '0' });
  assert.equal(check.status, 'warn');
  assert.match(check.fix ?? '', /^sysctl -w net\.bridge\.bridge-nf-call-iptables=0 &&/);
  assert.doesNotMatch(check.fix ?? '', /arptables/);
});

test('forwarding that is off is no fault, a missing family is', () => {
  assert.equal(judgeForwarding({ ipv4: '0', ipv6: '0' }).status, 'ok');
  assert.equal(judgeForwarding({ ipv4: '1', ipv6: null }).summary, 'the kernel can forward IPv4 for guests');
  assert.equal(judgeForwarding({ ipv4: null, ipv6: null }).status, 'fail');
});

test("nft's refusal is passed on", () => {
  assert.equal(judgeNft(null).status, 'ok');
  assert.deepEqual(
    [judgeNft('Operation not permitted').status, judgeNft('Operation not permitted').detail],
    ['fail', 'Operation not permitted'],
  );
});
