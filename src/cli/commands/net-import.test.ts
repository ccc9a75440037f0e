import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCliProcess } from '../../../test/support/cli-process.ts';
import { errorAnswer, startFakeDaemon } from '../../../test/support/fake-daemon.ts';
import type { HostImport } from '../../api/types.ts';

const FOUND = {
  path: '/etc/lodge/host.yaml',
  config: {
    version: 1,
    provider: 'ovh',
    uplink: { name: 'eno1', mac: 'a4:bf:01:2f:7c:10' },
    ipv4: { address: '198.51.100.77', prefixLength: 24, gateway: '198.51.100.254' },
    ipv6: null,
    extraIpv4: [
      { kind: 'single', address: '203.0.113.40', gateway: null, mac: '02:00:00:5a:c1:01' },
      { kind: 'subnet', prefix: '203.0.113.64/29' },
    ],
  },
  text: 'version: 1\n',
  reasons: [
    { path: 'provider', reason: 'the gateway says so' },
    { path: 'uplink.name', reason: 'the default route leads to eno1' },
    { path: 'uplink.mac', reason: 'the burnt-in MAC address of eno1' },
    { path: 'ipv6', reason: 'eno1 has no public IPv6 address' },
    { path: 'extraIpv4[1]', reason: '203.0.113.65/29 is on br1' },
  ],
  findings: [
    {
      id: 'second-uplink',
      level: 'surprise',
      what: 'a default route leads to eno2 too',
      cause: 'a lower metric',
      consequence: 'it is not looked at',
      fix: 'write its name into host.yaml',
    },
  ],
  notUnderstood: [
    {
      spot: { path: '/etc/network/interfaces', line: 12 },
      text: '  up /usr/local/bin/x',
      why: 'a program that is not known',
    },
  ],
  written: true,
  state: 'new',
  difference: [],
} as unknown as HostImport;

test('import tells what it found and why, what it did not understand, and where it wrote', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('POST /v1/network/import', () => FOUND);
  const { code, stdout } = await runCliProcess(daemon.root, ['net', 'import']);
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `FOUND     VALUE                                   WHY
provider  ovh                                     the gateway says so
uplink    eno1, a4:bf:01:2f:7c:10                 the default route leads to eno1
                                                  the burnt-in MAC address of eno1
ipv4      198.51.100.77/24 via 198.51.100.254
ipv6      none                                    eno1 has no public IPv6 address
extra     single 203.0.113.40, 02:00:00:5a:c1:01
extra     subnet 203.0.113.64/29                  203.0.113.65/29 is on br1

surprise: a default route leads to eno2 too
  it is not looked at
  fix: write its name into host.yaml

not understood; it stays as it is, and plans do without it:
  /etc/network/interfaces:12: up /usr/local/bin/x
    a program that is not known

written to /etc/lodge/host.yaml
add what the provider gave you beyond that, then: lodge net plan --layout routed
`,
  );
  assert.deepEqual(daemon.requests[0]?.body, { write: true, replace: false });
});

test('a dry run shows the file, or what --replace would change', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('POST /v1/network/import', () => ({ ...FOUND, written: false }));
  const fresh = await runCliProcess(daemon.root, ['net', 'import', '--dry-run']);
  assert.match(fresh.stdout, /would be written to \/etc\/lodge\/host\.yaml:\n\nversion: 1\n$/);
  assert.deepEqual(daemon.requests[0]?.body, { write: false, replace: false });
  const difference = ['- provider: hetzner', '+ provider: ovh'];
  daemon.on('POST /v1/network/import', () => ({ ...FOUND, written: false, state: 'changed', difference }));
  const changed = await runCliProcess(daemon.root, ['net', 'import', '--dry-run']);
  assert.match(changed.stdout, /would be changed with --replace:\n {2}- provider: hetzner\n {2}\+ provider: ovh\n$/);
});

test('a refusal shows the difference and the next command', async () => {
  await using daemon = await startFakeDaemon();
  const message = '/etc/lodge/host.yaml says something else than what was found:\n  - a\n  + b';
  const error = { code: 'STATE_REFUSED', message, hint: 'lodge net import --replace' } as const;
  daemon.on('POST /v1/network/import', () => errorAnswer(409, error));
  const { code, stderr } = await runCliProcess(daemon.root, ['net', 'import']);
  assert.equal(code, 4);
  assert.match(stderr, /\n {2}- a\n {2}\+ b\n {2}hint: lodge net import --replace\n$/);
});

test('facts are written to a file that only its owner reads', async () => {
  await using daemon = await startFakeDaemon();
  const facts = { version: 1, links: [{ name: 'lo' }], files: [] };
  daemon.on('GET /v1/network/facts', () => facts);
  const { code, stdout } = await runCliProcess(daemon.root, ['net', 'facts', '--output', 'facts.json']);
  assert.equal(code, 0);
  assert.match(stdout, /facts\.json has 1 links and 0 files, without secrets/);
  assert.deepEqual(JSON.parse(readFileSync(join(daemon.root, 'facts.json'), 'utf8')), facts);
  const piped = await runCliProcess(daemon.root, ['net', 'facts']);
  assert.deepEqual(JSON.parse(piped.stdout), facts);
  const refused = await runCliProcess(daemon.root, ['net', 'facts', '--output', 'no/such/facts.json']);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /^lodge: --output: .*no\/such\/facts\.json: there is no such file or directory\n/);
});
