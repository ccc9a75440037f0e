import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import type { HopReport, PacketReport, StoppedByRule } from '../../src/model/packet-report.ts';
import { snapshot } from '../support/nat-snapshot.ts';
import { makeDirectory, makeHostAndInternet, newNetwork, removeDirectory } from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';
import { disagreements, plugReal } from '../support/packets-real.ts';
import { type PacketsAgent, startPacketsAgent } from '../support/packets-world.ts';

const spaces = new Namespaces('dp');
let directory: string;
let network: NatNetwork;
let agent: PacketsAgent;
let guests: [] | [NatGuest, NatGuest] = [];

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  network = newNetwork(directory);
  agent = startPacketsAgent(spaces, directory, network);
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

afterEach(async () => {
  await spaces.run('host', 'nft', ['flush', 'ruleset']);
  if (guests.length > 0) await agent.guests(guests);
});

const stoppedHops = ({ hops }: PacketReport) => hops.filter(({ outcome }) => outcome === 'stopped');
const ruleOf = ({ stop }: HopReport) => (stop?.cause.kind === 'rule' ? stop.cause : null);
const hopOf = ({ hops }: PacketReport, hop: string, family: string) =>
  hops.find((each) => each.hop === hop && each.family === family);

async function mend(report: PacketReport, prefix: string): Promise<void> {
  const commands = report.fixes.flatMap(({ now }) => now).join('\n');
  await spaces.run('host', 'sh', ['-ec', `${prefix}\n${commands}`]);
}

/** What they learned before the firewall came. */
async function forgetNeighbours(): Promise<void> {
  for (const { name } of guests) await spaces.run(name, 'ip', ['neigh', 'flush', 'all']);
}

/** The firewall is loaded; the doctor and the guest agree; what the doctor prints mends it; the guest agrees again. */
async function judgeAndMend(load: string, prefix = ''): Promise<PacketReport> {
  if (guests.length === 0) throw new Error('no guests are plugged');
  await spaces.run('host', 'sh', ['-ec', `${prefix}\n${load}`]);
  await forgetNeighbours();
  const found = await agent.try();
  assert.deepEqual(await disagreements(spaces, network, guests, found.hops), [], 'before it is mended');
  assert.notDeepEqual(stoppedHops(found), []);
  let report = found;
  // A packet shows the first thing that stops it: what stands behind that shows when the first is mended.
  for (let round = 0; round < 3 && stoppedHops(report).length > 0; round++) {
    await mend(report, prefix);
    report = await agent.try();
  }
  assert.deepEqual(stoppedHops(report), []);
  assert.deepEqual(await disagreements(spaces, network, guests, report.hops), [], 'after it is mended');
  return found;
}

test('before the first guest a host without rules lets everything pass, nothing leaves it, and nothing is left', async () => {
  const outside = spaces.start('internet', 'tcpdump', ['-nn', '-l', '-i', 'eth0', 'tcp or udp or icmp']);
  let heard = '';
  outside.stdout?.on('data', (data) => (heard += data));
  await eventually(
    'tcpdump listens',
    () => new Promise((resolve) => outside.stderr?.once('data', () => resolve(true))),
  );
  const found = await snapshot(spaces, 'host');
  const { hops, fixes } = await agent.try();
  assert.deepEqual(
    hops.filter(({ outcome }) => outcome !== 'passed'),
    [],
  );
  assert.equal(hops.length, 19);
  assert.deepEqual(fixes, []);
  assert.deepEqual(await snapshot(spaces, 'host'), found);
  const { stdout } = await spaces.run('host', 'conntrack', ['-L']);
  assert.equal(stdout, '');
  assert.equal(heard, '');
});

test('a host whose input drops by policy and whose forward ends in reject stops guests, by name, and the fix mends it', async () => {
  guests = await plugReal(spaces, network, agent);
  const report = await judgeAndMend(`nft -f - <<'END'
table inet mine {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif "lo" accept
    iifname "uplink" meta l4proto ipv6-icmp accept
  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    ct state established,related accept
    jump zones
    reject with icmpx admin-prohibited
  }
  chain zones { ip protocol icmp accept; }
}
END`);
  const dns = hopOf(report, 'dns-udp', 'ipv4');
  assert.deepEqual(dns && ruleOf(dns), {
    kind: 'rule',
    program: 'nft',
    family: 'inet',
    table: 'mine',
    chain: 'input',
    baseChain: 'input',
    hook: 'input',
    rule: null,
    handle: null,
  } satisfies StoppedByRule);
  const out = hopOf(report, 'out', 'ipv6');
  assert.deepEqual(
    [out && ruleOf(out)?.chain, out && ruleOf(out)?.rule],
    ['forward', 'reject with icmpx admin-prohibited'],
  );
  assert.equal(typeof (out && ruleOf(out)?.handle), 'number');
});

test('firewalld’s shape: zones that are gone to, and a reject behind them', async () => {
  await judgeAndMend(`nft -f - <<'END'
table inet firewalld {
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    iifname "lo" accept
    jump filter_INPUT_ZONES
    ct state invalid drop
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    jump filter_FORWARD_ZONES
    ct state invalid drop
    reject with icmpx admin-prohibited
  }
  chain filter_OUTPUT {
    type filter hook output priority filter + 10; policy accept;
    ct state { established, related } accept
    oifname "lo" accept
  }
  chain filter_INPUT_ZONES { iifname "uplink" goto filter_IN_public; goto filter_IN_public; }
  chain filter_FORWARD_ZONES { goto filter_FWD_public; }
  chain filter_IN_public { tcp dport 22 accept; meta l4proto { icmp, ipv6-icmp } accept; reject with icmpx admin-prohibited; }
  chain filter_FWD_public { meta l4proto { icmp, ipv6-icmp } accept; reject with icmpx admin-prohibited; }
}
END`);
});

test('Docker’s shape: FORWARD drops, and the owner has a chain of his own in front', async () => {
  const report = await judgeAndMend(
    ['iptables', 'ip6tables']
      .map(
        (program) =>
          `${program} -P FORWARD DROP; ${program} -N DOCKER-USER; ${program} -A DOCKER-USER -j RETURN; ${program} -I FORWARD -j DOCKER-USER`,
      )
      .join('\n'),
  );
  assert.match(report.fixes[0]?.now[0] ?? '', /^iptables -I DOCKER-USER -i lg....\+ -j ACCEPT$/);
});

test('ufw itself, with its own rule files, is told in its own words', async () => {
  const etc = `${directory}/ufw`;
  await cp('/etc/ufw', etc, { recursive: true });
  const prefix = `mount --bind ${etc} /etc/ufw`;
  const report = await judgeAndMend('ufw --force enable', prefix);
  assert.match(report.fixes[0]?.now.join('\n') ?? '', /^ufw allow in on lg....\+\n/);
  await rm(etc, { recursive: true });
});

test('a stop at the uplink’s own door, in front of routing and on the way out is named by its hook', async () => {
  const cases = [
    [
      'in',
      'ipv4',
      'ingress',
      'table netdev door { chain c { type filter hook ingress device "uplink" priority 0; tcp dport != 1 drop; }; }',
    ],
    [
      'in',
      'ipv4',
      'prerouting',
      'table ip raw { chain c { type filter hook prerouting priority -300; iifname "uplink" tcp dport > 1024 drop; }; }',
    ],
    [
      'out',
      'ipv6',
      'postrouting',
      'table inet last { chain c { type filter hook postrouting priority 300; oifname "uplink" meta nfproto ipv6 tcp flags syn drop; }; }',
    ],
    [
      'ssh-from-host',
      'ipv4',
      'output',
      'table inet own { chain c { type filter hook output priority 0; tcp dport 22 drop; }; }',
    ],
    [
      'out',
      'ipv4',
      'egress',
      'table netdev wire { chain c { type filter hook egress device "uplink" priority 0; tcp dport 443 drop; }; }',
    ],
  ] as const;
  for (const [hop, family, hook, rules] of cases) {
    await spaces.nft('host', rules);
    const found = hopOf(await agent.try(), hop, family);
    assert.deepEqual([found?.outcome, found && ruleOf(found)?.hook], ['stopped', hook], rules);
    await spaces.run('host', 'sh', ['-c', 'nft flush ruleset']);
    await agent.guests(guests);
  }
});

test('a daemon that is killed in the middle leaves what the next one takes away, and real guests keep theirs', async () => {
  const found = await snapshot(spaces, 'host');
  void agent.try().catch(() => undefined);
  await eventually('it is in the middle', async () =>
    (await spaces.run('host', 'nft', ['list', 'tables'])).stdout.includes('lodge_packets'),
  );
  agent.kill();
  await eventually(
    'its namespaces are gone',
    async () => !(await spaces.run('host', 'ip', ['-o', 'link'])).stdout.includes('veth lx'),
  );
  agent = startPacketsAgent(spaces, directory, network);
  await agent.guests(guests);
  assert.equal(await agent.sweep(), true);
  assert.equal(await agent.sweep(), false);
  await eventually('only what was there is there', async () => {
    const now = await snapshot(spaces, 'host');
    return JSON.stringify(now) === JSON.stringify(found);
  });
});
