import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { DoctorCheck } from '../../src/model/doctor.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { HopReport } from '../../src/model/packet-report.ts';
import { makeDirectory, makeHostAndInternet, newNetwork, removeDirectory } from '../support/nat-twin.ts';
import { Namespaces } from '../support/netns.ts';
import { type PacketsAgent, startPacketsAgent } from '../support/packets-world.ts';
import { withSlowNft } from '../support/slow-nft.ts';

// Hosts on which everything takes its time: what is slow is not told as a fault of the host, and what is dropped is told all the same.
const spaces = new Namespaces('dq');
let directory: string;
let network: NatNetwork;
let agent: PacketsAgent | null = null;

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  network = newNetwork(directory);
});
after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});
afterEach(async () => {
  agent?.kill();
  agent = null;
  await spaces.run('host', 'nft', ['flush', 'ruleset']);
});

async function doctor(around: string[] = []): Promise<DoctorCheck> {
  agent = startPacketsAgent(spaces, directory, network, { around });
  const check = (await agent.doctor()).get('guest-packets');
  if (check === undefined) throw new Error('the doctor says nothing of packets');
  return check;
}

const hopsOf = ({ packets }: DoctorCheck, outcome: HopReport['outcome']) =>
  (packets?.hops ?? []).filter((each) => each.outcome === outcome).map(({ hop, family }) => `${hop} ${family}`);
const drop = (rule: string) =>
  spaces.nft('host', `table inet mine { chain input { type filter hook input priority 0; ${rule} drop; }; }`);

test('a trace that comes six seconds late: the doctor waits for it, and everything gets through', async () => {
  const check = await doctor(await withSlowNft(directory, 6000));
  assert.equal(check.status, 'ok', check.detail);
  assert.equal(hopsOf(check, 'passed').length, 19);
});

test('a trace that comes two seconds late: a rule that drops DNS is named, and nothing else', async () => {
  await drop('udp dport 53');
  const check = await doctor(await withSlowNft(directory, 2000));
  assert.equal(check.status, 'fail');
  assert.match(check.detail, /^inet mine input, handle \d+, "udp dport 53 drop": DNS \(IPv4 and IPv6\)/);
  assert.deepEqual(hopsOf(check, 'stopped'), ['dns-udp ipv4', 'dns-udp ipv6']);
});

test('no trace at all: what was answered has passed, and of nothing else anything is said about the host', async () => {
  await drop('udp dport 53');
  const check = await doctor(await withSlowNft(directory, null));
  assert.deepEqual(
    [check.status, check.summary],
    ['warn', 'packets of guests get as far as they could be tried'],
    check.detail,
  );
  assert.match(
    check.detail,
    /^not tried, because packets cannot be traced here \(nft monitor trace showed none of them\): /,
  );
  assert.deepEqual(hopsOf(check, 'untried').toSorted(), [
    'dns-udp ipv4',
    'dns-udp ipv6',
    'in ipv4',
    'in ipv6',
    'out ipv4',
    'out ipv6',
  ]);
});

test('no trace, and nobody answers: packets could not be tried', async () => {
  await spaces.nft(
    'host',
    `table inet mine {
      chain input { type filter hook input priority 0; policy drop; }
      chain output { type filter hook output priority 0; policy drop; }
      chain forward { type filter hook forward priority 0; policy drop; }
    }
    table arp mine { chain input { type filter hook input priority 0; policy drop; }; }`,
  );
  const check = await doctor(await withSlowNft(directory, null));
  assert.deepEqual([check.status, check.summary], ['warn', 'packets of guests could not be tried'], check.detail);
  assert.deepEqual([...hopsOf(check, 'passed'), ...hopsOf(check, 'stopped')], []);
});
