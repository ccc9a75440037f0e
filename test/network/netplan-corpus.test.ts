import assert from 'node:assert/strict';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { intentOfNetplan } from '../../src/parse/netplan-intent.ts';
import { intentOfNetworkManager } from '../../src/parse/network-manager-intent.ts';
import { intentOfNetworkd } from '../../src/parse/networkd-intent.ts';
import { type CorpusEntry, comparable, readCorpus, readTree } from '../support/network-corpus.ts';

/** What netplan refuses as a whole; the place it names is among those that we name. */
const REFUSED = ['broken-brackets', 'broken-indentation', 'broken-values'];
/** It hands over to NetworkManager by itself. */
const OF_NETWORK_MANAGER = ['network-manager-renderer'];
/** What netplan 0.106 cannot say to NetworkManager: labels of addresses, routes that are not unicast, a MAC beside `set-name`. */
const NOT_FOR_NETWORK_MANAGER = ['address-options', 'route-types', 'unmatched'];

for (const entry of readCorpus('netplan')) {
  if (OF_NETWORK_MANAGER.includes(entry.name)) continue;
  test(`netplan and we read the same in ${entry.name}`, async (t) => {
    const { exitCode, stderr, generated } = await generate(t, entry, null);
    const intent = intentOfNetplan(entry.files, entry.links);
    if (REFUSED.includes(entry.name)) {
      assert.notEqual(exitCode, 0, 'netplan takes it');
      const [, path, line] = /(\/etc\/netplan\/[^:]+):(\d+):\d+: /.exec(stderr) ?? [];
      const places = intent.notUnderstood.map(({ spot }) => `${spot.path}:${spot.line}`);
      assert.ok(places.includes(`${path}:${line}`), `${stderr} is not among ${places.join(' ')}`);
      return;
    }
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(comparable(intent), comparable(intentOfNetworkd(generated, entry.links)));
  });
}

for (const entry of readCorpus('netplan')) {
  if ([...REFUSED, ...NOT_FOR_NETWORK_MANAGER].includes(entry.name)) continue;
  test(`what netplan tells NetworkManager of ${entry.name} is what we read in it`, async (t) => {
    const { exitCode, stderr, generated } = await generate(t, entry, 'NetworkManager');
    assert.equal(exitCode, 0, stderr);
    const ours = comparable(intentOfNetplan(entry.files, entry.links));
    const theirs = comparable(intentOfNetworkManager(generated, entry.links));
    assert.deepEqual(sayable(theirs), sayable(ours));
  });
}

/**
 * Without IPv6 from outside: NetworkManager has one method, `auto`, for advertisements and DHCPv6, and netplan 0.106 tells it nothing of
 * `accept-ra`.
 */
function sayable(lines: string[]): string[] {
  return lines.filter((line) => !/^(?:ra|dhcp) \S+ ipv6$/.test(line));
}

/** Runs `netplan generate` on a copy of the entry: what it says and the files it makes. */
async function generate(t: TestContext, entry: CorpusEntry, renderer: string | null) {
  const root = await mkdtemp(join(tmpdir(), 'netplan-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await cp(entry.directory, root, { recursive: true });
  // It warns of files that everybody may read.
  for (const { path } of entry.files) await chmod(join(root, path), 0o600);
  if (renderer !== null) {
    await writeFile(join(root, 'etc/netplan/zz-renderer.yaml'), `network: {renderer: ${renderer}}\n`, { mode: 0o600 });
  }
  const { exitCode, stderr } = await exec('netplan', ['generate', '--root-dir', root], { okExitCodes: [0, 1, 78] });
  return { exitCode, stderr, generated: readTree(root).filter(({ path }) => path.startsWith('/run/')) };
}
