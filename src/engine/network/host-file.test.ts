import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostConfig, oddName } from '../../../test/support/host-arbitrary.ts';
import { propertyRuns } from '../../../test/support/property-runs.ts';
import type { ExtraIpv4, HostConfig } from '../../model/host-config.ts';
import { parseHostYaml } from '../../parse/host-yaml.ts';
import { renderHostYaml, updateHostYaml } from '../../render/host-yaml.ts';

const CONFIG = {
  version: 1,
  provider: 'hetzner',
  uplink: { name: 'eno1', mac: '90:1b:0e:12:34:56' },
  ipv4: { address: '192.0.2.200', prefixLength: 26, gateway: '192.0.2.193' },
  ipv6: { prefix: '2001:db8:1:2::/64', address: '2001:db8:1:2::2', gateway: 'fe80::1', mode: 'routed' },
  extraIpv4: [],
} as unknown as HostConfig;

test('what is written as host.yaml is read as the same', () => {
  fc.assert(
    fc.property(hostConfig(oddName), (config) => {
      const read = parseHostYaml(
        renderHostYaml(config, [{ path: 'provider', reason: 'a reason: with "signs" # and all' }]),
      );
      assert.deepEqual(read, { ok: true, config });
    }),
    propertyRuns(200),
  );
});

test('an update says what is wanted and keeps every comment of the owner', () => {
  fc.assert(
    fc.property(hostConfig(oddName), hostConfig(oddName), (before, after) => {
      const text = `# first of mine\n${renderHostYaml(before, [])}# last of mine\n`.replace(
        'provider:',
        '# between, of mine\nprovider:',
      );
      const updated = updateHostYaml(text, after);
      assert.deepEqual(parseHostYaml(updated), { ok: true, config: after });
      for (const comment of ['# first of mine', '# between, of mine', '# last of mine']) {
        assert.ok(updated.includes(comment), `${comment} is gone from\n${updated}`);
      }
    }),
    propertyRuns(200),
  );
});

test('an update with what is there already changes no byte, however it is written', () => {
  const text = `provider:   "hetzner" # mine
version: 1
ipv4: {address: 192.0.2.200, gateway: 192.0.2.193, prefixLength: 26}
uplink: {mac: 90:1B:0E:12:34:56, name: eno1}
`;
  const read = parseHostYaml(text);
  assert.ok(read.ok);
  assert.equal(updateHostYaml(text, read.config), text);
});

test('an extra address that is kept keeps its comments, one that is taken out takes its own along', () => {
  const text = renderHostYaml(CONFIG, []).replace(
    'extraIpv4: []',
    `extraIpv4:
  # the shop
  - kind: single
    address: 198.51.100.20
  - kind: single
    address: 198.51.100.21 # until May
  # mail
  - kind: single
    address: 198.51.100.22 # with reverse DNS`,
  );
  const read = parseHostYaml(text);
  assert.ok(read.ok);
  const kept = read.config.extraIpv4.filter((_, index) => index !== 1);
  const added: ExtraIpv4 = { kind: 'subnet', prefix: '203.0.113.0/29' as never };
  const updated = updateHostYaml(text, { ...read.config, extraIpv4: [...kept, added] });
  assert.match(
    updated,
    /# the shop\n {2}- kind: single\n {4}address: 198.51.100.20\n {2}# mail\n {2}- kind: single\n {4}address: 198.51.100.22 # with reverse DNS\n {2}- kind: subnet\n {4}prefix: 203.0.113.0\/29\n/,
  );
  assert.doesNotMatch(updated, /until May/);
});

test('a new file explains its keys, gives the reasons and points editors to its schema', () => {
  const text = renderHostYaml(CONFIG, [
    { path: 'ipv6.mode', reason: 'the gateway is fe80::1' },
    { path: 'provider', reason: `${'one of many signs; '.repeat(12)}the last one` },
  ]);
  assert.match(text, /^# yaml-language-server: \$schema=host\.schema\.json\n/);
  assert.match(text, /\n {2}# the gateway is fe80::1\n {2}mode: routed\n/);
  for (const line of text.split('\n')) assert.ok(line.length <= 120, line);
});

test('the examples in the comments are themselves a valid list', () => {
  const text = renderHostYaml(CONFIG, []);
  const examples = text
    .split('\n')
    .filter((line) => /^# {3,}\S/.test(line))
    .map((line) => line.slice(2));
  assert.equal(examples.filter((line) => line.includes('- kind:')).length, 4);
  const read = parseHostYaml(text.replace('extraIpv4: []', `extraIpv4:\n${examples.join('\n')}`));
  assert.equal(read.ok && read.config.extraIpv4.length, 4);
});
