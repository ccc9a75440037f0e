import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSshPublicKey } from '../src/model/ssh-public-key.ts';
import { parseHostYaml } from '../src/parse/host-yaml.ts';
import { parseInterfaces } from '../src/parse/interfaces.ts';
import { renderHostYaml } from '../src/render/host-yaml.ts';
import { renderInterfaces } from '../src/render/interfaces.ts';
import { addMissing } from '../src/render/interfaces-missing.ts';
import { renderNoCloudSeed } from '../src/render/nocloud.ts';
import { sampleIdentity } from './support/identity-sample.ts';
import { propertyRuns } from './support/property-runs.ts';
import { EVERY_SIGN, hostileWord, runRecorded } from './support/recorded-calls.ts';

// Files that Lodge writes of values and comments of others, each read by the program that it is for.

const RUNS = propertyRuns(15);

/** What cloud-init reads: PyYAML, of YAML 1.1; and can write into a file again. */
function readByCloudInit(texts: readonly string[]): unknown[] {
  const program =
    'import json, sys, yaml; sys.stdout.buffer.write(json.dumps([yaml.safe_load(text) for text in json.load(sys.stdin)], ensure_ascii=False).encode())';
  const said = execFileSync('/usr/bin/python3', ['-c', program], { input: JSON.stringify(texts), encoding: 'utf8' });
  return JSON.parse(said) as unknown[];
}

/** Signs that YAML 1.1 has other thoughts about than JSON. */
const YAML_SIGNS = [...'\u007f\u0085\u00a0\u2028\u2029\ufeff\ufffe\uffff\u{1f600}\u{10ffff}-:#&*!|>%@'].join(' ');

test('cloud-init reads the keys that the guest was given, whatever their comments are', () => {
  const comment = fc.oneof(hostileWord, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
  const examples = [[[EVERY_SIGN, YAML_SIGNS, 'a\ud800b', ...YAML_SIGNS]]] as [string[]][];
  fc.assert(
    fc.property(fc.array(comment, { minLength: 1, maxLength: 8 }), (comments) => {
      const typed = comments.map((text) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ${text}`);
      const sshKeys = typed.flatMap((text) => {
        const key = parseSshPublicKey(text);
        return key.ok ? [key.value.line] : [];
      });
      const identity = sampleIdentity({ sshKeys, hostKeyPublic: `ssh-ed25519 AAAA ${YAML_SIGNS}x` });
      const seed = renderNoCloudSeed(identity, null);
      const [vendor, meta, network] = readByCloudInit([seed['vendor-data'], seed['meta-data'], seed['network-config']]);
      const { users, ssh_keys } = vendor as { users: [string, object]; ssh_keys: Record<string, string> };
      assert.deepEqual(users[1], {
        name: 'root',
        lock_passwd: true,
        ssh_authorized_keys: sshKeys.map((key) => key.trim()),
      });
      assert.equal(ssh_keys.ed25519_private, identity.hostKeyPrivate);
      assert.equal(ssh_keys.ed25519_public, identity.hostKeyPublic.trim());
      const { 'public-keys': keys } = meta as { 'public-keys': Record<string, string> };
      assert.deepEqual(
        Object.values(keys),
        sshKeys.map((key) => key.trim()),
      );
      assert.equal((network as { version: number }).version, 2);
    }),
    { ...RUNS, examples },
  );
});

const HOST = {
  version: 1,
  provider: 'hetzner',
  uplink: { name: 'eno1', mac: '90:1b:0e:12:34:56' },
  ipv4: { address: '192.0.2.200', prefixLength: 26, gateway: '192.0.2.193' },
  ipv6: null,
  extraIpv4: [],
} as unknown as Parameters<typeof renderHostYaml>[0];

test('host.yaml says what was meant, whatever its reasons quote from the files of others', () => {
  const paths = ['provider', 'uplink', 'uplink.name', 'uplink.mac', 'ipv4', 'ipv4.gateway', 'extraIpv4[0]'];
  const reason = fc.record({
    path: fc.constantFrom(...paths),
    reason: fc.oneof(hostileWord, fc.string({ unit: 'binary' })),
  });
  fc.assert(
    fc.property(fc.array(reason, { maxLength: 5 }), (reasons) => {
      const all = [...reasons, ...paths.map((path) => ({ path, reason: `${EVERY_SIGN}${YAML_SIGNS}\nipv4: null` }))];
      const read = parseHostYaml(renderHostYaml(HOST, all));
      assert.deepEqual(read, { ok: true, config: HOST });
    }),
    RUNS,
  );
});

const IFUP = `PATH=/usr/sbin
export PATH
mkdir state
ifup --no-act --verbose --force --state-dir=state --interfaces=interfaces br0 2>&1 | grep prepend >commands
while IFS= read -r line; do IFACE=br0 sh -c "$line"; done <commands
`;

test('ifup gives ip the words that were meant of routes that Lodge adds', async () => {
  const word = hostileWord.map((text) => text.replace(/[\r\n]/g, ''));
  const oneLine = EVERY_SIGN.replace(/[\r\n]/g, '');
  await fc.assert(
    fc.asyncProperty(word, word, word, async (destination, via, type) => {
      const document = parseInterfaces(
        [{ path: '/etc/network/interfaces', text: 'iface br0 inet manual\n    # of mine: $(:>canary) \\\n' }],
        '/etc/network/interfaces',
      );
      const route = { family: 'ipv4' as const, destination, metric: 7, isOnLink: true };
      const routes = [
        { ...route, type: 'unicast', via },
        { ...route, type: `x${type}`, via: null },
      ] as Parameters<typeof addMissing>[2]['routes'];
      const edited = addMissing(document, 'br0', { addresses: [], routes, takesAdvertisements: false });
      const [file] = renderInterfaces(edited);
      // It says what it would hand to a shell and does not: its commands are the host's, whatever PATH is.
      const { calls, files } = await runRecorded(IFUP, {
        programs: ['ip'],
        files: { interfaces: file?.text ?? '' },
      });
      const added = calls.filter(({ args }) => args.includes('prepend')).map(({ args }) => args);
      assert.deepEqual(added, [
        ['route', 'prepend', destination, 'via', via, 'dev', 'br0', 'metric', '7', 'onlink'],
        ['route', 'prepend', `x${type}`, destination, 'metric', '7', 'onlink'],
      ]);
      assert.ok(!files.includes('canary'), file?.text);
    }),
    { ...RUNS, examples: [[oneLine, oneLine, oneLine]] },
  );
  assert.throws(
    () =>
      addMissing(parseInterfaces([{ path: '/e', text: 'iface br0 inet manual\n' }], '/e'), 'br0', {
        addresses: [],
        routes: [
          {
            family: 'ipv4',
            destination: 'x\n    up :>canary',
            type: 'unicast',
            via: null,
            metric: null,
            isOnLink: false,
          },
        ],
        takesAdvertisements: false,
      }),
    /cannot be written for ifupdown: a line end ends its options/,
  );
});
