import { type Document, isSeq } from 'yaml';
import { readYaml } from '../base/bounded-yaml.ts';
import type { ExtraIpv4, HostConfig } from '../model/host-config.ts';
import type { ImportReason } from '../model/host-import.ts';
import { hostSchema } from '../model/host-schema.ts';
import { HOST_SCHEMA_FILE } from './host-schema.ts';

/** Columns of a line of comment. */
const WIDTH = 110;

const HEAD = [
  `# yaml-language-server: $schema=${HOST_SCHEMA_FILE}`,
  '# What the provider gave this host. `lodge net import` wrote it from what runs and is configured; it is yours now.',
  '# Nothing changes when it is edited: `lodge net plan` reads it and says what would.',
];
const PROVIDER = 'Who rents the host out: hetzner, ovh, scaleway-dedibox, or generic (nothing is known of it).';
const UPLINK =
  'The link to the provider. No frame leaves it but with this MAC address or one of the virtual MACs below.';
const IPV4 = 'The main IPv4 address as the provider delivered it; "ipv4: null" when there is none.';
const IPV6 =
  'The IPv6 prefix; "ipv6: null" when there is none. mode is how it comes: "routed" to the link-local address made from the ' +
  'uplink\'s MAC, "on-link" when the router asks for each address on the wire, "delegated" by DHCPv6.';
const EXTRA = [
  'IPv4 beyond the main address, for guests. What is ordered and not configured yet cannot be found: add it here.',
  '  - kind: single             # one more address, routed to this host',
  '    address: 198.51.100.20',
  "  - kind: single             # one more address, bridged: with the provider's virtual MAC and the gateway it names",
  '    address: 198.51.100.21',
  '    gateway: 198.51.100.1',
  '    mac: 00:50:56:00:12:34',
  '  - kind: subnet             # routed to the main address',
  '    prefix: 203.0.113.0/29',
  '  - kind: failover           # an address (/32) or a subnet that the provider can move to another host',
  '    prefix: 198.51.100.64/32',
];

/** A new host.yaml: each key explained, each value that was guessed with its reason, examples for what the owner adds. */
export function renderHostYaml(config: HostConfig, reasons: readonly ImportReason[]): string {
  const because = (path: string) => reasons.filter((one) => one.path === path).map(({ reason }) => reason);
  const block = (key: 'uplink' | 'ipv4' | 'ipv6', explanation: string) => {
    const value = config[key];
    const head = comment([explanation, ...because(key)], '');
    if (value === null) return [...head, `${key}: null`];
    const lines = Object.entries(value).map(([name, leaf]) => [
      ...comment(because(`${key}.${name}`), '  '),
      `  ${name}: ${scalar(leaf)}`,
    ]);
    return [...head, `${key}:`, ...lines.flat()];
  };
  const sections = [
    [...HEAD, 'version: 1'],
    [...comment([PROVIDER, ...because('provider')], ''), `provider: ${scalar(config.provider)}`],
    block('uplink', UPLINK),
    block('ipv4', IPV4),
    block('ipv6', IPV6),
    [...EXTRA.map((line) => `# ${line}`), ...extraLines(config.extraIpv4, (index) => because(`extraIpv4[${index}]`))],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function extraLines(extras: readonly ExtraIpv4[], because: (index: number) => string[]): string[] {
  if (extras.length === 0) return ['extraIpv4: []'];
  const items = extras.map((extra, index) => {
    const leaves = Object.entries(extra).filter(([, value]) => value !== null);
    const lines = leaves.map(([name, value], at) => `  ${at === 0 ? '- ' : '  '}${name}: ${scalar(value)}`);
    return [...comment(because(index), '  '), ...lines];
  });
  return ['extraIpv4:', ...items.flat()];
}

/**
 * A host.yaml that says `config` and keeps the owner's comments, order and spacing: only values that differ are put in. The text must be
 * one that parses; one that says `config` already comes back as it is.
 */
export function updateHostYaml(text: string, config: HostConfig): string {
  const { document } = readYaml(text);
  const raw: unknown = document.toJS({ maxAliasCount: -1 });
  // Compared by what it means: a MAC in capitals is the same MAC.
  const said = hostSchema.safeParse(raw).data ?? raw;
  let isSame = true;
  const put = (path: string[], value: unknown) => {
    // What is absent is null.
    if ((valueAt(said, path) ?? null) === value) return;
    isSame = false;
    document.setIn(path, document.createNode(value));
  };
  for (const key of ['version', 'provider'] as const) put([key], config[key]);
  for (const key of ['uplink', 'ipv4', 'ipv6'] as const) {
    const value = config[key];
    if (value === null || (valueAt(said, [key]) ?? null) === null) put([key], value);
    else for (const [name, leaf] of Object.entries(value)) put([key, name], leaf);
  }
  if (updateExtras(document, said, config.extraIpv4)) isSame = false;
  return isSame ? text : document.toString({ lineWidth: 0 });
}

/** Takes out the items that are not wanted and puts the missing ones at the end: the others keep their comments. */
function updateExtras(document: Document, said: unknown, extras: readonly ExtraIpv4[]): boolean {
  const found = valueAt(said, ['extraIpv4']);
  const before = Array.isArray(found) ? found.map(keyOfExtra) : [];
  const wanted = extras.map(keyOfExtra);
  if (JSON.stringify(before) === JSON.stringify(wanted)) return false;
  const sequence = document.get('extraIpv4', true);
  const fresh = extras.map((extra) => Object.fromEntries(Object.entries(extra).filter(([, value]) => value !== null)));
  if (!isSeq(sequence) || before.length === 0) {
    const node = document.createNode(fresh);
    node.flow = extras.length === 0;
    if (isSeq(sequence)) Object.assign(node, { comment: sequence.comment, commentBefore: sequence.commentBefore });
    document.set('extraIpv4', node);
    return true;
  }
  const old = new Map(before.map((key, index) => [key, sequence.items[index]]));
  sequence.items = wanted.map((key, index) => old.get(key) ?? document.createNode(fresh[index]));
  if (extras.length === 0) sequence.flow = true;
  return true;
}

/** Two items that say the same have the same key, with or without their nulls. */
function keyOfExtra(extra: unknown): string {
  const entries = Object.entries(extra as object).filter(([, value]) => value !== null);
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function valueAt(raw: unknown, path: readonly string[]): unknown {
  let value = raw;
  for (const key of path) value = (value as Record<string, unknown> | null | undefined)?.[key];
  return value;
}

/** Texts as lines of comment, wrapped between words. */
function comment(texts: readonly string[], indent: string): string[] {
  return texts.flatMap((text) => {
    const lines: string[] = [];
    let line = '';
    for (const word of text.split(/\s+/)) {
      if (line !== '' && `${indent}# ${line} ${word}`.length > WIDTH) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line].map((one) => `${indent}# ${one}`);
  });
}

/** Quoted where YAML would read something else, or might: `no`, `...&`, `fe80::`. */
function scalar(value: unknown): string {
  const text = String(value);
  const isPlain =
    /^[a-zA-Z0-9][a-zA-Z0-9:./_-]*$/.test(text) && !text.endsWith(':') && readYaml(text).document.toJS() === value;
  return isPlain || value === null ? text : JSON.stringify(value);
}
