import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBridgeNetfilter, judgeForwarding, judgeNft } from './doctor-network.ts';

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
