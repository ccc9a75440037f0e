import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import fc from 'fast-check';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import { makeDirectory, makeHostAndInternet, newNetwork, removeDirectory } from '../support/nat-twin.ts';
import { Namespaces } from '../support/netns.ts';
import { disagreements, plugReal } from '../support/packets-real.ts';
import { type PacketsAgent, startPacketsAgent } from '../support/packets-world.ts';

const spaces = new Namespaces('dm');
let directory: string;
let network: NatNetwork;
let agent: PacketsAgent;
let guests: [NatGuest, NatGuest];

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
  network = newNetwork(directory);
  agent = startPacketsAgent(spaces, directory, network);
  guests = await plugReal(spaces, network, agent);
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

afterEach(clear);

async function clear(): Promise<void> {
  await spaces.run('host', 'sh', [
    '-c',
    'nft flush ruleset; for p in iptables-legacy ip6tables-legacy; do for t in filter raw mangle; do $p -t $t -F; done; $p -P FORWARD ACCEPT; $p -P INPUT ACCEPT; done',
  ]);
  await agent.guests(guests);
}

test('iptables-legacy is named by its rule, and mended by its own program', async () => {
  await spaces.run('host', 'sh', ['-ec', 'iptables-legacy -A FORWARD -j REJECT; iptables-legacy -P INPUT DROP']);
  const found = await agent.try();
  assert.deepEqual(await disagreements(spaces, network, guests, found.hops), []);
  const out = found.hops.find(({ hop, family }) => hop === 'out' && family === 'ipv4');
  assert.match(JSON.stringify(out?.stop), /iptables-legacy.*-A FORWARD -j REJECT/);
  await spaces.run('host', 'sh', ['-ec', found.fixes.flatMap(({ now }) => now).join('\n')]);
  const mended = await agent.try();
  assert.deepEqual(
    mended.hops.filter(({ outcome }) => outcome === 'stopped'),
    [],
  );
});

test('a packet that is kept from NAT is told, and does not leave', async () => {
  await spaces.nft(
    'host',
    'table inet bare { chain c { type filter hook prerouting priority -301; ip saddr 10.0.0.0/8 tcp dport 443 notrack; ip saddr 172.16.0.0/12 tcp dport 443 notrack; ip saddr 192.168.0.0/16 tcp dport 443 notrack; }; }',
  );
  const { hops } = await agent.try();
  assert.equal(hops.find(({ hop, family }) => hop === 'out' && family === 'ipv4')?.outcome, 'stopped');
});

const rule = fc.record({
  hook: fc.constantFrom('prerouting', 'input', 'forward', 'output', 'postrouting'),
  priority: fc.constantFrom(-350, -299, -10, 0, 10, 150),
  match: fc.constantFrom(
    '',
    'meta l4proto tcp',
    'meta l4proto udp',
    'meta nfproto ipv4',
    'meta nfproto ipv6',
    'iifname "uplink"',
    'oifname "uplink"',
    'udp dport 53',
    'tcp dport 22',
    'ct state new',
    'ct status dnat',
  ),
  verdict: fc.constantFrom('accept', 'drop', 'reject', 'jump more', 'goto more'),
  more: fc.constantFrom('accept', 'drop', 'return'),
  policy: fc.constantFrom('accept', 'accept', 'accept', 'drop'),
});

test('chains at random, at random hooks: what the doctor says is what a real guest gets', async () => {
  const runs = Number(process.env.LODGE_PACKET_RUNS ?? 12);
  await fc.assert(
    fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 3 }), async (rules) => {
      // Neighbour discovery of the uplink is the host's own affair.
      const text = rules
        .map(({ hook, priority, match, verdict, more, policy }, index) => {
          const isRejecting = verdict === 'reject' && !['input', 'forward', 'output'].includes(hook);
          const ways = ['output', 'postrouting'].includes(hook) ? 'oifname' : 'iifname';
          const legal =
            match.startsWith('oifname') && !['forward', 'output', 'postrouting'].includes(hook) ? '' : match;
          const met = legal.startsWith('iifname') && !['prerouting', 'input', 'forward'].includes(hook) ? '' : legal;
          return `table inet r${index} {
  chain more { ${more}; }
  chain c {
    type filter hook ${hook} priority ${priority}; policy ${policy};
    ${ways} "uplink" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    ${met} ${isRejecting ? 'drop' : verdict}
  }
}`;
        })
        .join('\n');
      await spaces.nft('host', text);
      try {
        for (const { name } of guests) await spaces.run(name, 'ip', ['neigh', 'flush', 'all']);
        const { hops } = await agent.try();
        assert.deepEqual(await disagreements(spaces, network, guests, hops), [], text);
      } finally {
        await clear();
      }
    }),
    { numRuns: runs },
  );
});
