import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { explainFacts } from '../src/engine/network/explain.ts';
import { judgeRoot, judgeWay } from '../src/plan/doctor-root.ts';
import { planFixes } from '../src/plan/packets/fixes.ts';
import { judgeStateMount } from '../src/plan/state-mount.ts';
import { networkFixture } from './support/network-sample.ts';

const FIXTURES = readdirSync(join(import.meta.dirname, 'fixtures/network'))
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

/** Any name but one with a slash, a colon or a blank is one to the kernel (dev_valid_name, net/core/dev.c). */
const HOSTILE = '$(>canary)';
const COMMAND = /^(?:ip|bridge|nmcli|sysctl|printf|nft) /;
/** What stands between one command and the next, or between words and a command. */
const BETWEEN = /; | && |: |, | or |\n|: take it off by /;

/** What a shell makes of a command's words: none of it is run. */
const wordsOf = (command: string, cwd: string) =>
  execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { cwd, encoding: 'utf8' });

test('a command that a finding tells to type takes a link whose name is a command for a word', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-fixes-'));
  const told = new Set<string>();
  try {
    for (const fixture of FIXTURES) {
      const facts = networkFixture(fixture);
      for (const { name } of facts.links.filter((link) => /^[a-z]+[\d.]+$/.test(link.name))) {
        const written = new RegExp(`(?<![\\w.-])${name.replace('.', '\\.')}(?![\\w.:-])`, 'g');
        const renamed = JSON.parse(JSON.stringify(facts).replace(written, () => HOSTILE));
        for (const { fix } of explainFacts(renamed, null).findings) {
          const commands = (fix ?? '').split(BETWEEN).map((part) => part.split(' >> ')[0] ?? '');
          for (const command of commands) if (COMMAND.test(command) && command.includes(HOSTILE)) told.add(command);
        }
      }
    }
    for (const command of told) assert.ok(wordsOf(command, directory).includes(HOSTILE), command);
    assert.deepEqual(readdirSync(directory), []);
  } finally {
    rmSync(directory, { recursive: true });
  }
  assert.ok(told.size >= 4, `too little was looked at: ${[...told].join('\n')}`);
});

/** Words between which a shell would run something, however they are quoted. */
const EVERYTHING = `x'"; :>canary; '$(:>canary)\`:>canary\`"|:>canary &&:>canary`;

test('a command about a path, a mount or a table of others runs nothing of their names', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-fixes-'));
  const closed = { path: `/srv/${EVERYTHING}`, mode: 0o700, uid: 0, gid: 0 };
  const way = judgeWay([closed], { name: 'lodge-qemu', uid: 999, gids: [] });
  const mount = { point: `/mnt/${EVERYTHING}`, source: '/dev/vda1', options: ['noexec'] };
  const rule = {
    kind: 'rule',
    program: 'nft',
    family: 'inet',
    table: EVERYTHING,
    chain: 'c',
    hook: 'forward',
  } as const;
  const cause = { ...rule, baseChain: EVERYTHING, rule: null, handle: null };
  const owners = {
    ...{ hasFirewallCmd: false, hasUfw: false, hasIptables: true, hasSystemd: true },
    nftablesConf: `table inet ${EVERYTHING} {\nchain ${EVERYTHING} {`,
    savedRules: { ip: true, ip6: true },
    dockerUser: [],
    ufwChains: [],
  };
  const scene = { tapPrefix: 'lg1', pools: { ipv4: '10.0.0.0/20', ipv6: 'fd00::/64' }, publishedPort: 30_000 };
  const xtables = { ...cause, program: 'iptables-legacy', family: 'ip', baseChain: 'FORWARD' } as const;
  const stops = [cause, xtables].map((one) => ({ cause: one, side: 'from-guest' as const, isAnswer: false }));
  const commands = [
    judgeRoot('', way).fix ?? '',
    (judgeStateMount('/x', mount).fix ?? '').replace(/, and the same.*$/, ''),
    ...planFixes(stops, owners, scene).flatMap(({ now, lasting }) => [...now, ...lasting]),
  ];
  try {
    assert.ok(commands.length >= 7, commands.join('\n'));
    for (const command of commands) {
      const [typed = ''] = command.split(' >> /etc/');
      assert.ok(wordsOf(typed, directory).includes(EVERYTHING), command);
    }
    assert.deepEqual(readdirSync(directory), []);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
