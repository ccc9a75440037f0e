import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intentOfNetplan } from '../src/parse/netplan-intent.ts';
import { readNetplanFile } from '../src/parse/netplan-tree.ts';
import { intentOfNetworkManager } from '../src/parse/network-manager-intent.ts';
import { intentOfNetworkd } from '../src/parse/networkd-intent.ts';
import { renderInStyle } from '../src/render/netplan-style.ts';
import { intentText, readCorpus } from './support/network-corpus.ts';

const READERS = {
  networkd: intentOfNetworkd,
  netplan: intentOfNetplan,
  'network-manager': intentOfNetworkManager,
} as const;

for (const [dialect, read] of Object.entries(READERS)) {
  for (const entry of readCorpus(dialect as keyof typeof READERS)) {
    test(`${dialect}, ${entry.name}: the intent is what expected.txt says, with its lines`, () => {
      assert.equal(intentText(read(entry.files, entry.links)), entry.expected);
    });
  }
}

test('no secret of a file is ever in an intent', () => {
  for (const dialect of ['netplan', 'network-manager'] as const) {
    const secret = readCorpus(dialect).filter(({ files }) =>
      files.some(({ text }) => text.includes('never-to-be-seen')),
    );
    assert.ok(secret.length > 0);
    for (const { files, links } of secret) {
      assert.doesNotMatch(JSON.stringify(READERS[dialect](files, links)), /never-to-be-seen/);
    }
  }
});

test('a file of netplan written again says the same, and written once more it does not change', () => {
  for (const entry of readCorpus('netplan').filter(({ name }) => !/^broken-(?:brackets|indentation)/.test(name))) {
    const again = entry.files.map(({ path, text }) => {
      const once = renderInStyle(readNetplanFile({ path, text }).document, text);
      assert.equal(renderInStyle(readNetplanFile({ path, text: once }).document, once), once, entry.name);
      return { path, text: once };
    });
    const said = (files: typeof again) =>
      JSON.stringify(intentOfNetplan(files, entry.links), (key, value) => (key === 'spot' ? undefined : value));
    assert.equal(said(again), said(entry.files), entry.name);
  }
});

test('everything that is wrong with the YAML of all files is named, with line and column', () => {
  const intent = intentOfNetplan(
    [
      { path: '/etc/netplan/a.yaml', text: 'network:\n  version: 2\n\tethernets: {}\n' },
      { path: '/etc/netplan/b.yaml', text: 'network: {version: 2\n' },
      { path: '/etc/netplan/c.yaml', text: 'network: {ethernets: {eth0: {dhcp4: true}}}\n' },
    ],
    [],
  );
  assert.deepEqual(intent.links, []);
  const places = intent.notUnderstood.map(({ spot, why }) => `${spot.path}:${spot.line} ${why.slice(0, 8)}`);
  assert.ok(places.includes('/etc/netplan/a.yaml:3 column 1'), places.join('\n'));
  assert.ok(places.some((place) => place.startsWith('/etc/netplan/b.yaml:')));
});
