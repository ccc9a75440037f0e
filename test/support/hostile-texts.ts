import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { hideLogins } from '../../src/base/hide-logins.ts';
import { explainFacts } from '../../src/engine/network/explain.ts';
import { parseMirrorList } from '../../src/host/apt-mirror-list.ts';
import { parseAptSources } from '../../src/host/apt-sources.ts';
import { dearmour } from '../../src/host/gpgv.ts';
import { readNetworkFiles } from '../../src/host/network-files.ts';
import { blankSecrets } from '../../src/host/network-secrets.ts';
import { readOsRelease } from '../../src/host/os-release.ts';
import { isCpu } from '../../src/model/cpu-model.ts';
import { imageNameFrom } from '../../src/model/image.ts';
import { cloudInitHand } from '../../src/parse/cloud-init.ts';
import { globToRegExp } from '../../src/parse/glob.ts';
import { parseHostYaml } from '../../src/parse/host-yaml.ts';
import { parseIni } from '../../src/parse/ini.ts';
import { parseInterfaces } from '../../src/parse/interfaces.ts';
import { readNetplanFile } from '../../src/parse/netplan-tree.ts';
import { parseTraceLine } from '../../src/parse/trace-line.ts';
import { judgeUserData } from '../../src/parse/user-data/judge.ts';
import { createLineSplitter } from '../../src/qemu/qmp-wire.ts';
import { renderInStyle } from '../../src/render/netplan-style.ts';
import { addressFact, linkFact, proxyFact, quietFacts, routeFact } from './network-sample.ts';

/** A text or facts that a stranger could send, and the reader that he could send it to. */
export interface HostileText {
  name: string;
  read: () => unknown;
}

/** Long enough that time by the square of it is minutes. */
const LONG = 1_000_000;
const times = (piece: string, count = Math.floor(LONG / piece.length)) => piece.repeat(count);
const counted = <Item>(count: number, write: (at: number) => Item) =>
  Array.from({ length: count }, (_, at) => write(at));

const interfaces = (text: string) =>
  parseInterfaces([{ path: '/etc/network/interfaces', text }], '/etc/network/interfaces');
const netplan = (text: string) => readNetplanFile({ path: '/etc/netplan/a.yaml', text });
const userData = (text: string | Uint8Array) =>
  judgeUserData(typeof text === 'string' ? new TextEncoder().encode(text) : text, () => null);
const hand = (text: string) => cloudInitHand([{ path: '/etc/cloud/cloud.cfg', text }]);
const explain = (more: object) => explainFacts({ ...quietFacts(), ...more }, null);
const file = (path: string, text: string) => ({ files: [{ path, text, mode: 0o644 }] });
const ipv4 = (at: number) => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;

async function below<Result>(path: string, text: string, read: (root: string) => Promise<Result>): Promise<Result> {
  const root = await mkdtemp(join(tmpdir(), 'lodge-hostile-'));
  try {
    await mkdir(dirname(root + path), { recursive: true });
    await writeFile(root + path, text);
    return await read(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const text = (name: string, read: () => unknown): HostileText => ({ name, read });

export const HOSTILE_TEXTS: HostileText[] = [
  text('ini: a line that goes on for ever', () => parseIni('a', `A=1${times('\\\nb')}`)),
  text('ini: and comments in it', () => parseIni('a', `A=1\\\n${times('#\n')}`)),
  text('ini: backslashes', () => parseIni('a', `A=${times('\\')}x`)),
  text('ini: carriage returns', () => parseIni('a', times('\r'))),
  text('ini: 250,000 sections', () => parseIni('a', times('[a]\n'))),
  text('interfaces: a line that goes on for ever', () => interfaces(`auto a${times('\\\nb')}`)),
  text('interfaces: blanks within a line', () => interfaces(`auto a${times(' ')}b`)),
  text('interfaces: 100,000 stanzas', () => interfaces(times('iface a inet manual\n', 100_000))),
  text('interfaces: 50,000 options of one', () => interfaces(`iface a inet manual\n${times(' up true\n', 50_000)}`)),
  text('interfaces: sourced names', () => below('/etc/network/interfaces', times('\n'), readNetworkFiles)),
  text('interfaces: blanks behind a sourced name', () =>
    below('/etc/network/interfaces', `source a${times(' ')}b`, readNetworkFiles),
  ),
  text('secrets: empty lines', () => blankSecrets(times('\n'))),
  text('secrets: keys that never end', () => blankSecrets(times('-----BEGIN PRIVATE KEY-----\n'))),
  text('secrets: a long word', () => blankSecrets(times('psk'))),
  text('host.yaml: open quotes', () => parseHostYaml(times('a: "b\n', 16_000))),
  text('host.yaml: keys that are not known', () => parseHostYaml(counted(16_000, (at) => `k${at}: 1`).join('\n'))),
  text('host.yaml: one key again and again', () => parseHostYaml(times('version: 1\n', 16_000))),
  text('host.yaml: extra addresses', () =>
    parseHostYaml(`extraIpv4:\n${counted(12_000, (at) => `- {kind: single, address: ${ipv4(at)}}`).join('\n')}`),
  ),
  text('host.yaml: brackets', () => parseHostYaml(times('['))),
  text('netplan: keys', () => netplan(counted(100_000, (at) => `k${at}: 1`).join('\n'))),
  text('netplan: aliases', () => netplan(`- &a 1\n${times('- *a\n')}`)),
  text('netplan: what is none', () => netplan(times(']'))),
  text('netplan: anchors without end', () => netplan(times('&a '))),
  text('netplan: style', () => renderInStyle(netplan('a: 1').document, `a:\n${times('#\n \n', 100_000)}`)),
  text('netplan: style of colons', () => renderInStyle(netplan('a: 1').document, `a${times(':\r')}`)),
  text('cloud.cfg: keys', () => hand(counted(100_000, (at) => `k${at}: 1`).join('\n'))),
  text('cloud.cfg: empty lines', () => hand(times('\n'))),
  text('user-data: keys', () => userData(`#cloud-config\n${counted(200_000, (at) => `k${at}: 1`).join('\n')}`)),
  text('user-data: one key again and again', () => userData(`#cloud-config\n${times('a: 1\n')}`)),
  text('user-data: aliases', () => userData(`#cloud-config\na: &a 1\nb:\n${times('- *a\n')}`)),
  text('user-data: tabs in the middle', () => userData(`#cloud-config\na:${times('\t')}x`)),
  text('user-data: parts', () =>
    userData(`MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n${times('--a\n\nx: [1]\n')}`),
  ),
  text('user-data: parts of YAML', () => {
    const part = `--a\nContent-Type: text/cloud-config\n\n${times('k: 1\n', 10_000)}`;
    return userData(`MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n${times(part, 60)}`);
  }),
  text('user-data: a header of blanks', () => userData(`MIME-Version: 1.0\nA:${times(' ')}\rx\n\n`)),
  text('user-data: packed parts', () =>
    judgeUserData(gzipSync('x'), () => new TextEncoder().encode(`#cloud-config\n${times('- ')}`)),
  ),
  text('apt: a comment of #', () => parseAptSources(`${times('#')}\rx`, 'a.list')),
  text('apt: a CD', () => parseAptSources(`deb cdrom:[${times(']')}`, 'a.list')),
  text('apt: a line of two', () => parseAptSources(`deb a ${times('b')}\rc`, 'a.list')),
  text('apt: a field of blanks', () => parseAptSources(`Types: deb\nA:${times(' ')}\rx`, 'a.sources')),
  text('apt: a field that goes on', () => parseAptSources(`Types: deb\n${times(' a\n')}`, 'a.sources')),
  text('apt: mirrors', () => parseMirrorList(times('http://a b:c\n'))),
  text('keys: armour that never ends', () => dearmour(times('-----BEGIN PGP \n'))),
  text('os-release: blanks', () => below('/r', `A=${times(' ', 60_000)}\rx`, (root) => readOsRelease(`${root}/r`))),
  text('logins: letters and dots', () => hideLogins(times('a.'))),
  text('an image by a URL of marks', () => imageNameFrom(`https://a/${times('#')}\nb`)),
  text('an image by a name of dashes', () => imageNameFrom(`${times('-')}`)),
  text('a processor of 60 signs', () => isCpu(`0,-${times('.,-.,+', 60)}+`)),
  text('a pattern of stars', () => globToRegExp(times('*a', 60)).test(times('a', 5000))),
  text('a pattern of brackets', () => globToRegExp(times('[', 100_000))),
  text('a line of a trace', () => parseTraceLine(`trace id 1 ip a b rule ${times(' ')}x`)),
  text('an answer without end, byte by byte', () => {
    const splitter = createLineSplitter();
    for (let at = 0; at < LONG; at += 1) splitter.push(Buffer.from('a'));
  }),
  text('facts: 20,000 routes', () =>
    explain({
      links: [linkFact('eth0')],
      addresses: [addressFact('eth0', '192.0.2.2/24')],
      routes: counted(20_000, (at) => `${ipv4(at)}/32`).map((to) => routeFact(to, { via: '192.0.2.1', link: 'eth0' })),
    }),
  ),
  text('facts: 20,000 routes by as many gateways', () =>
    explain({
      links: [linkFact('eth0')],
      addresses: [addressFact('eth0', '192.0.2.2/24')],
      routes: counted(20_000, (at) => routeFact(`172.16.${at >> 8}.${at & 255}/32`, { via: ipv4(at), link: 'eth0' })),
    }),
  ),
  text('facts: 20,000 addresses', () =>
    explain({
      links: [linkFact('eth0')],
      addresses: counted(20_000, ipv4).map((one) => addressFact('eth0', `${one}/32`)),
    }),
  ),
  text('facts: 20,000 neighbours', () =>
    explain({
      links: [linkFact('eth0')],
      addresses: [addressFact('eth0', '192.0.2.2/24')],
      neighbours: counted(20_000, ipv4).map((one) => proxyFact('eth0', one)),
    }),
  ),
  text('facts: 5,000 links', () =>
    explain({ links: counted(5000, (at) => `eth${at}`).map((name, index) => linkFact(name, { index })) }),
  ),
  text('facts: 100,000 sections', () => explain(file('/etc/systemd/network/a.network', times('[a]\n', 100_000)))),
  text('facts: 20,000 routes in a file', () =>
    explain({
      links: [linkFact('eth0')],
      ...file(
        '/etc/systemd/network/a.network',
        `[Match]\nName=eth0\n${counted(20_000, (at) => `[Route]\nDestination=${ipv4(at)}/32`).join('\n')}`,
      ),
    }),
  ),
  text('facts: 20,000 stanzas', () =>
    explain({
      links: [linkFact('eth0')],
      ...file('/etc/network/interfaces', counted(20_000, (at) => `auto e${at}\niface e${at} inet manual`).join('\n')),
    }),
  ),
  text('facts: 5,000 stanzas that inherit', () =>
    explain(file('/etc/network/interfaces', counted(5000, (at) => `iface e${at} inherits e${at - 1}`).join('\n'))),
  ),
];
