import assert from 'node:assert/strict';
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { intentOfNetplan } from '../../src/parse/netplan-intent.ts';
import { intentOfNetworkd } from '../../src/parse/networkd-intent.ts';
import { type CorpusEntry, comparable, readCorpus, readTree } from '../support/network-corpus.ts';

/** What netplan refuses as a whole; the place it names is among those that we name. */
const REFUSED = ['broken-brackets', 'broken-indentation', 'broken-values'];
/** netplan writes files of NetworkManager for it: src/parse/network-manager-intent.test.ts compares those. */
const OF_NETWORK_MANAGER = ['network-manager-renderer'];

for (const entry of readCorpus('netplan')) {
  if (OF_NETWORK_MANAGER.includes(entry.name)) continue;
  test(`netplan and we read the same in ${entry.name}`, async (t) => {
    const { exitCode, stderr, generated } = await generate(t, entry);
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

/** Runs `netplan generate` on a copy of the entry: what it says and the files it makes. */
async function generate(t: TestContext, entry: CorpusEntry) {
  const root = await mkdtemp(join(tmpdir(), 'netplan-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await cp(entry.directory, root, { recursive: true });
  // It warns of files that everybody may read.
  for (const { path } of entry.files) await chmod(join(root, path), 0o600);
  const { exitCode, stderr } = await exec('netplan', ['generate', '--root-dir', root], { okExitCodes: [0, 1, 78] });
  return { exitCode, stderr, generated: readTree(root).filter(({ path }) => path.startsWith('/run/systemd/')) };
}
