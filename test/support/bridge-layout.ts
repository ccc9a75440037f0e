import assert from 'node:assert/strict';
import type { NetworkIntent } from '../../src/model/network-intent.ts';
import type { NetworkText } from '../../src/parse/networkd-files.ts';
import type { KnownLink } from '../../src/parse/networkd-match.ts';
import type { BridgeFilesInput } from '../../src/plan/bridge-files/input.ts';

type Reader = (files: readonly NetworkText[], links: readonly KnownLink[]) => NetworkIntent;

/** What a planner would ask for: the bridge has everything that the files give the uplink. */
export function bridgedInput(
  { files, links }: { files: NetworkText[]; links: KnownLink[] },
  read: Reader,
  uplink: string,
  bridge: { name: string; mac: string },
): BridgeFilesInput & { uplink: string } {
  const intent = read(files, links);
  return {
    files,
    links,
    uplink,
    bridge,
    addresses: intent.addresses.filter(({ link }) => link === uplink),
    routes: intent.routes.filter(({ context }) => context === uplink),
    needsAdvertisements: intent.dynamic.some(({ link, method }) => link === uplink && method === 'ra'),
  };
}

/** The files of the host once the changes are written. */
export function withChanges(
  files: readonly NetworkText[],
  changes: readonly { path: string; text: string | null }[],
): NetworkText[] {
  const byPath = new Map(files.map(({ path, text }) => [path, text]));
  for (const { path, text } of changes) {
    if (text === null) byPath.delete(path);
    else byPath.set(path, text);
  }
  return [...byPath].map(([path, text]) => ({ path, text }));
}

/** The files say: the bridge has the MAC, the uplink as its port and what was asked for; the uplink has nothing. */
export function assertLayout(intent: NetworkIntent, input: BridgeFilesInput & { uplink: string }): void {
  const { bridge, uplink } = input;
  const made = intent.links.find(({ name }) => name === bridge.name);
  assert.deepEqual(
    { kind: made?.kind, mac: made?.mac, stp: made?.stp, delay: made?.forwardDelaySec, ports: made?.ports },
    { kind: 'bridge', mac: bridge.mac, stp: false, delay: 0, ports: [uplink] },
  );
  assert.ok(
    intent.links.some(({ name }) => name === uplink),
    'the uplink is configured',
  );
  const addresses = intent.addresses.filter(({ link }) => link === bridge.name);
  const words = (list: BridgeFilesInput['addresses']) =>
    list.map(({ address, prefixLength, peer }) => `${address}/${prefixLength} ${peer}`).sort();
  assert.deepEqual(words(addresses), words(input.addresses));
  const routes = intent.routes.filter(({ context }) => context === bridge.name);
  const routeWords = (list: BridgeFilesInput['routes']) =>
    list.map((one) => `${one.type} ${one.destination} ${one.via} ${one.metric} ${one.isOnLink}`).sort();
  assert.deepEqual(routeWords(routes), routeWords(input.routes));
  const left = [...intent.addresses, ...intent.dynamic].filter(({ link }) => link === uplink);
  assert.deepEqual([...left, ...intent.routes.filter(({ context }) => context === uplink)], []);
}
