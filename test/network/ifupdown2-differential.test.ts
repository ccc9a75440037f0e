import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { runIfup } from '../support/ifup-world.ts';
import { type InterfacesCase, intentOfCase, interfacesCases, wordsOfCase } from '../support/interfaces-world.ts';
import { missingLinkKinds } from '../support/missing-kinds.ts';

/**
 * The same as with Debian's ifup, by ifupdown2: its package is unpacked in a directory of the test, because it cannot be installed beside
 * the other.
 */
const CASES = interfacesCases();

/** Files that ifupdown2 reads as something else than we do, by what they have in common. Nothing else may differ. */
const EXPLAINED: { why: string; isOf(one: InterfacesCase): boolean }[] = [
  {
    why: 'ifupdown2 3.0.0 cannot add an address that has a broadcast: a fault of its own ("no attribute packed")',
    isOf: has(/^\s*broadcast\s/m),
  },
  {
    why: 'it waits for an address by DHCP, and the client of this test gets none',
    isOf: has(/\b(inet|inet6) dhcp\b|dhclient/),
  },
  {
    why: 'it does not know inherits, source-directory, allow-auto, mark lines or the word all, and leaves such lines out',
    isOf: has(
      /\binherits\b|^source-directory|^allow-auto|^iface.*\n(?:[ \t].*\n)*auto |^[ \t]+auto$|ports all$|^mapping/m,
    ),
  },
  {
    why: 'methods and families of ifupdown alone: it leaves the stanza out, and some of what stands below it',
    isOf: has(/inet6? (auto|v4tunnel|6to4|tunnel|ppp|wvdial|bootp|ipv4ll)\b/),
  },
  {
    why: 'it goes on behind a command that fails, and behind a line that it does not read',
    isOf: ({ name }) => BEHIND_A_FAILURE.has(name),
  },
  {
    why: 'a netmask below the second stanza of a link does not come to the address above it: it is taken as /128',
    isOf: ({ name }) => name === 'ovh-bridge-failover',
  },
  {
    why: 'what a sourced file sources by a relative name it looks for in another directory',
    isOf: ({ name }) => name === 'sources-relative',
  },
  { why: 'it brings up allow-hotplug links by a run of its own', isOf: has(/allow-hotplug/) },
  {
    why: 'VLANs, bonds and dummies that this kernel may not have end the whole run',
    isOf: has(/vlan|bond|dummy|\.\d+ inet|gre/),
  },
];

const BEHIND_A_FAILURE: ReadonlySet<string> = new Set([
  'bridges/bridge-route-names-port',
  'bridges/port-route-by-variable',
  'broken-everywhere',
  'broken-option-outside',
  'routes/route-and-its-removal',
  'routes/unreachable-gateway',
  'seed-after',
  'seed-before',
  'selected-inside',
]);

function has(words: RegExp): (one: InterfacesCase) => boolean {
  return ({ files }) => files.some(({ text }) => words.test(text));
}

const makesLink = has(/^\s*pre-up\s+(brctl addbr|ip link add)\b/m);
const isEqual = (words: readonly string[], others: readonly string[]) => words.join('\n') === others.join('\n');

let scratch = '';
let missing: string[] = [];
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lodge-ifupdown2-'));
  await exec('apt-get', ['-q', 'download', 'ifupdown2'], { cwd: scratch, timeoutMs: 120_000 });
  await exec('sh', ['-c', 'dpkg -x ifupdown2_*.deb .'], { cwd: scratch });
  // The name of the program says what it is to do.
  await symlink(join(scratch, 'usr/share/ifupdown2/__main__.py'), join(scratch, 'ifup'));
  missing = await missingLinkKinds();
});
after(() => rm(scratch, { recursive: true, force: true }));

function ifup({ files, links }: InterfacesCase): ReturnType<typeof runIfup> {
  return runIfup(files, links, ['python3', '-B', join(scratch, 'ifup'), '-a'], (directory) =>
    cp(join(scratch, 'etc/network/ifupdown2'), join(directory, 'ifupdown2'), { recursive: true }),
  );
}

describe('ifup of ifupdown2', { concurrency: 3 }, () => {
  for (const one of CASES) {
    test(`brings up what we read in ${one.name}`, async (t) => {
      const read = wordsOfCase(one, intentOfCase(one, 'ifupdown2'), missing);
      let run = await ifup(one);
      // Seen on a busy machine: a link that a command of the file has just made is not known to ifupdown2 yet, and gets no address.
      for (let more = 2; more > 0 && makesLink(one) && !isEqual(run.words, read); more -= 1) run = await ifup(one);
      if (isEqual(run.words, read)) return;
      const explained = EXPLAINED.find(({ isOf }) => isOf(one));
      if (explained === undefined) assert.deepEqual(run.words, read, run.text);
      else t.diagnostic(`differs: ${explained.why}`);
    });
  }
});
