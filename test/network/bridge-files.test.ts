import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { intentOfNetplan } from '../../src/parse/netplan-intent.ts';
import type { NetworkText } from '../../src/parse/networkd-files.ts';
import { intentOfNetworkd } from '../../src/parse/networkd-intent.ts';
import type { BridgeFilesInput } from '../../src/plan/bridge-files/input.ts';
import { netplanBridgeFiles } from '../../src/plan/bridge-files/netplan.ts';
import { networkdBridgeFiles } from '../../src/plan/bridge-files/networkd.ts';
import { bridgedInput, withChanges } from '../support/bridge-layout.ts';
import { eventually, Namespaces } from '../support/netns.ts';
import { comparable, readCorpus, readTree } from '../support/network-corpus.ts';
import { intentRuns, NetworkdWorld } from '../support/networkd-world.ts';

const namespaces = new Namespaces('bf');
after(() => namespaces.close());

const BRIDGE = { name: 'br9', mac: '02:00:00:00:00:01' };
const SUBNET = {
  uplink: null,
  bridge: { name: 'br8', mac: '02:00:00:00:08:01' },
  addresses: [
    { family: 'ipv4', address: '203.0.113.1', prefixLength: 29, peer: null },
    { family: 'ipv6', address: '2001:db8:8::1', prefixLength: 64, peer: null },
  ],
  routes: [],
  needsAdvertisements: false,
} satisfies Partial<BridgeFilesInput>;

for (const name of ['hetzner-peer', 'on-link-gateway', 'delivered-prefix', 'drop-ins', 'dhcp-only']) {
  test(`systemd-networkd makes a bridge of what we write for ${name}`, async (t) => {
    const entry = entryOf('networkd', name);
    const uplink = entry.links[0]?.name ?? '';
    const input = bridgedInput(entry, intentOfNetworkd, uplink, BRIDGE);
    const files = written(entry.files, networkdBridgeFiles(input));
    await assertRuns(t, files, entry.links, intentRuns(intentOfNetworkd(files, entry.links)));
  });
}

// None that is matched by its MAC: netplan means the permanent one, which a veth does not have.
for (const name of ['hetzner-ubuntu', 'hetzner-ubuntu-of-old', 'address-options']) {
  test(`netplan and systemd-networkd make a bridge of what we write for ${name}`, async (t) => {
    const entry = entryOf('netplan', name);
    const input = bridgedInput(entry, intentOfNetplan, entry.links[0]?.name ?? '', BRIDGE);
    const files = written(entry.files, netplanBridgeFiles(input));
    const generated = await generate(t, files);
    assert.deepEqual(
      comparable(intentOfNetworkd(generated, entry.links)),
      comparable(intentOfNetplan(files, entry.links)),
    );
    await assertRuns(t, generated, entry.links, intentRuns(intentOfNetplan(files, entry.links)));
  });
}

test('a bridge without ports has its addresses in both dialects', async (t) => {
  const networkd = entryOf('networkd', 'delivered-prefix');
  const ofNetworkd = written(
    networkd.files,
    networkdBridgeFiles({ ...SUBNET, files: networkd.files, links: networkd.links }),
  );
  await assertRuns(t, ofNetworkd, networkd.links, intentRuns(intentOfNetworkd(ofNetworkd, networkd.links)));
  const netplan = entryOf('netplan', 'hetzner-ubuntu');
  const ofNetplan = written(
    netplan.files,
    netplanBridgeFiles({ ...SUBNET, files: netplan.files, links: netplan.links }),
  );
  const generated = await generate(t, ofNetplan);
  await assertRuns(t, generated, netplan.links, intentRuns(intentOfNetplan(ofNetplan, netplan.links)));
});

function entryOf(dialect: 'networkd' | 'netplan', name: string) {
  const entry = readCorpus(dialect).find((one) => one.name === name);
  assert.ok(entry, `there is no ${name} in the corpus`);
  return entry;
}

function written(files: readonly NetworkText[], rendered: ReturnType<typeof networkdBridgeFiles>): NetworkText[] {
  assert.ok(rendered.ok, rendered.ok ? '' : rendered.reason);
  return withChanges(files, rendered.files);
}

/** Starts networkd with the files and waits until all of `expected` runs, and nothing else. */
async function assertRuns(
  t: TestContext,
  files: readonly NetworkText[],
  links: Parameters<NetworkdWorld['plug']>[0],
  expected: string[],
): Promise<void> {
  const world = new NetworkdWorld(namespaces, nextHost());
  await world.plug(links);
  world.start(await writeTree(t, files));
  let reality: string[] = [];
  await eventually(
    'what was expected',
    async () => {
      reality = await world.reality();
      return JSON.stringify(reality) === JSON.stringify(expected);
    },
    8000,
  ).catch(() => undefined);
  assert.deepEqual(reality, expected, world.log);
}

let worlds = 0;
function nextHost(): string {
  worlds += 1;
  return `h${worlds}`;
}

/** What netplan makes of the files for networkd. */
async function generate(t: TestContext, files: readonly NetworkText[]): Promise<NetworkText[]> {
  const root = await writeTree(t, files);
  await exec('netplan', ['generate', '--root-dir', root]);
  return readTree(root).filter(({ path }) => path.startsWith('/run/systemd/'));
}

async function writeTree(t: TestContext, files: readonly NetworkText[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'bridge-files-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  // networkd reads as its own user.
  await chmod(root, 0o755);
  for (const { path, text } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: path.startsWith('/etc/netplan') ? 0o600 : 0o644 });
  }
  return root;
}
