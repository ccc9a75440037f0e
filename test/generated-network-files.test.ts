import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { intentOfNetplan } from '../src/parse/netplan-intent.ts';
import { intentOfNetworkd } from '../src/parse/networkd-intent.ts';
import { netplanBridgeFiles } from '../src/plan/bridge-files/netplan.ts';
import { networkdBridgeFiles } from '../src/plan/bridge-files/networkd.ts';
import { bridgedInput, withChanges } from './support/bridge-layout.ts';
import { propertyRuns } from './support/property-runs.ts';
import { EVERY_SIGN, hostileWord } from './support/recorded-calls.ts';

// The owner's files, with comments and values of strangers', are written anew for a bridge: what they say stays to the letter.

const RUNS = propertyRuns(8);
const BRIDGE = { name: 'br9', mac: '02:00:00:00:00:01' };
const LINKS = [{ name: 'eth0', mac: '52:54:00:12:34:56', kind: null, permanentMac: '52:54:00:12:34:56' }];
/** Of a line, as YAML and networkd take it. */
const inLine = (text: string) => text.replace(/\p{Cc}/gu, '').trim();
const word = hostileWord.map(inLine);
const examples: [string, string][] = [[inLine(EVERY_SIGN), inLine(EVERY_SIGN)]];

type Texts = { path: string; text: string }[];

/** What netplan itself makes for networkd, by the files' names. */
function generate(files: Texts): Record<string, string> {
  const root = mkdtempSync(join(tmpdir(), 'lodge-netplan-'));
  try {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { mode: 0o600 });
    }
    execFileSync('netplan', ['generate', '--root-dir', root], { cwd: root, stdio: 'pipe' });
    assert.deepEqual(
      readdirSync(root).filter((name) => name === 'canary'),
      [],
    );
    const made = join(root, 'run/systemd/network');
    return Object.fromEntries(readdirSync(made).map((name) => [name, readFileSync(join(made, name), 'utf8')]));
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('netplan reads the values of strangers that were in the file before, and their comments are there', () => {
  fc.assert(
    fc.property(word, word, (comment, value) => {
      const text = `network:
  version: 2
  ethernets:
    eth0:
      # first ${comment}
      addresses: [192.0.2.200/26] # second ${comment}
      nameservers:
        search: [${JSON.stringify(`x${value}`)}]
        addresses: [192.0.2.53]
`;
      const files = [{ path: '/etc/netplan/50-cloud.yaml', text }];
      const rendered = netplanBridgeFiles(bridgedInput({ files, links: LINKS }, intentOfNetplan, 'eth0', BRIDGE));
      assert.ok(rendered.ok);
      const after = withChanges(files, rendered.files);
      const domains = (made: string | undefined) => /^Domains=.*$/m.exec(made ?? '')?.[0];
      const [before, now] = [generate(files)['10-netplan-eth0.network'], generate(after)['10-netplan-br9.network']];
      assert.ok(domains(before));
      assert.equal(domains(now), domains(before));
      const written = after.map((file) => file.text).join('');
      for (const place of ['first', 'second']) assert.ok(written.includes(`# ${place} ${comment}`.trimEnd()), written);
    }),
    { ...RUNS, examples },
  );
});

test('networkd’s lines go over to the bridge byte for byte, with their comments', () => {
  fc.assert(
    fc.property(word, word, (comment, value) => {
      const lines = [`# of mine ${comment}`, `Domains=x${value}`, `; and ${comment}`, 'DNS=192.0.2.53'];
      // A backslash at a line's end joins the next one to it: nothing is there to be joined.
      if (lines.some((line) => line.endsWith('\\'))) return;
      const text = `[Match]\nName=eth0\n\n[Network]\nAddress=192.0.2.200/26\n${lines.join('\n')}\n`;
      const files = [{ path: '/etc/systemd/network/10-eth0.network', text }];
      const rendered = networkdBridgeFiles(bridgedInput({ files, links: LINKS }, intentOfNetworkd, 'eth0', BRIDGE));
      assert.ok(rendered.ok);
      const bridge = rendered.files.find(({ path }) => path.endsWith('br9.network'));
      assert.ok(bridge?.text?.includes(`${lines.join('\n')}\n`), bridge?.text ?? '');
      const port = rendered.files.find(({ path }) => path.endsWith('eth0.network'));
      assert.doesNotMatch(port?.text ?? '', /Domains=|DNS=/);
    }),
    { ...propertyRuns(100), examples: [[`${inLine(EVERY_SIGN)}.`, `${inLine(EVERY_SIGN)}.`]] },
  );
});
