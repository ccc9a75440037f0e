import { type Document, YAMLMap } from 'yaml';
import { type NetplanDefinition, netplanDefinitions } from '../../parse/netplan-definitions.ts';
import { netplanFiles } from '../../parse/netplan-files.ts';
import { mergedNetwork, netplanProblems } from '../../parse/netplan-intent.ts';
import { childOf, itemsOf, readNetplanFile, textOf } from '../../parse/netplan-tree.ts';
import { baseName, directoryOf } from '../../parse/networkd-files.ts';
import { renderInStyle } from '../../render/netplan-style.ts';
import { keepCloudInitOff } from './cloud-init.ts';
import { type BridgeFiles, type BridgeFilesInput, refuse, type WantedAddress, type WantedRoute } from './input.ts';
import { ensureMap, hasReferences, mapAt, movePair, nodeOf, seqAt } from './netplan-nodes.ts';
import { keepWanted, type Missing } from './netplan-wanted.ts';

/** What is of the NIC and not of its addresses. */
const STAYING_KEYS = new Set(
  [
    'match set-name renderer mtu macaddress wakeonlan emit-lldp optional activation-mode embedded-switch-mode',
    'virtual-function-count delay-virtual-functions-rebind receive-checksum-offload transmit-checksum-offload',
    'tcp-segmentation-offload tcp6-segmentation-offload generic-segmentation-offload generic-receive-offload',
    'large-receive-offload link infiniband-mode',
  ].flatMap((line) => line.split(' ')),
);

interface EditedFile {
  path: string;
  original: string;
  document: Document;
}

/**
 * netplan's files for a bridge: the uplink's definition keeps what is of the NIC, the bridge gets the rest of it, in the same files and
 * with the comments. netplan knows no peers: a peer is left out, its gateway is on the link by the route that says so.
 */
export function netplanBridgeFiles(input: BridgeFilesInput): BridgeFiles {
  const [problem] = netplanProblems(input.files);
  if (problem !== undefined) {
    const { spot, column, why } = problem;
    return refuse(`${spot.path}:${spot.line}:${column} is not YAML (${why}): netplan reads nothing until it is mended`);
  }
  const network = mergedNetwork(input.files);
  const definitions = netplanDefinitions(network, input.links);
  const taken = definitions.find(({ id, names }) => id === input.bridge.name || names.includes(input.bridge.name));
  if (taken !== undefined) return refuse(`${taken.node.spot.path} has ${taken.id} already: take another name`);
  if (input.uplink === null) return ownBridge(input);
  const uplink = definitions.find(({ group, names }) => group === 'ethernets' && names.includes(input.uplink ?? ''));
  if (uplink === undefined)
    return refuse(`no definition of netplan's is for ${input.uplink}: there is nothing to move`);
  const reason = whyNot(uplink, definitions, textOf(childOf(network, 'renderer')));
  return reason === null ? keepCloudInitOff(moveToBridge(input, input.uplink, uplink), input) : refuse(reason);
}

function whyNot(
  { id, names, node }: NetplanDefinition,
  definitions: readonly NetplanDefinition[],
  renderer: string | null,
): string | null {
  if ((textOf(childOf(node, 'renderer')) ?? renderer) === 'NetworkManager') {
    return `netplan hands ${id} over to NetworkManager, which would change the link under Lodge: set renderer: networkd first`;
  }
  if (names.length > 1) {
    return `${id} is for ${names.join(' and ')} at once: give the uplink a definition of its own first`;
  }
  const user = definitions.find((one) => itemsOf(childOf(one.node, 'interfaces')).some((item) => textOf(item) === id));
  return user === undefined ? null : `${id} is a port of ${user.id} already`;
}

function moveToBridge(input: BridgeFilesInput, uplink: string, { id }: NetplanDefinition): BridgeFiles {
  const edited = netplanFiles(input.files).flatMap((file): EditedFile[] => {
    const { document } = readNetplanFile(file);
    const definition = mapAt(mapAt(mapAt(document.contents, 'network'), 'ethernets'), id);
    return definition === null ? [] : [{ path: file.path, original: file.text, document }];
  });
  const volatile = edited.find(({ path }) => directoryOf(path) === '/run/netplan');
  if (volatile !== undefined)
    return refuse(`${volatile.path} is made anew at each boot: move it to /etc/netplan first`);
  if (edited.some(({ document }) => hasReferences(mapAt(document.contents, 'network')))) {
    return refuse(`${id} is written with YAML anchors, which cannot be moved: write the values out first`);
  }
  const addresses = input.addresses.map((one) => ({ ...one, peer: null }));
  const missing: Missing = { addresses, routes: [...input.routes], overridden: new Set() };
  // From the last file to the first: what it says of a gateway counts, and not what an earlier one does.
  const bridges = edited
    .toReversed()
    .map(({ document }) => moveDefinition(document, id, uplink, input.bridge.name, missing));
  const [first] = edited;
  const bridge = bridges.at(-1);
  if (first === undefined || bridge === undefined) return refuse(`${id} stands in no file`);
  completeBridge(first.document, bridge, input, id, missing);
  return {
    ok: true,
    files: edited.map(({ path, original, document }) => ({
      path: `/etc/netplan/${baseName(path)}`,
      text: renderInStyle(document, original),
    })),
  };
}

/** Moves in one file. Returns the bridge's map there; what was found of the wanted is taken off `missing`. */
function moveDefinition(document: Document, id: string, uplink: string, name: string, missing: Missing): YAMLMap {
  const network = mapAt(document.contents, 'network') ?? new YAMLMap();
  const definition = mapAt(mapAt(network, 'ethernets'), id) ?? new YAMLMap();
  const bridge = ensureMap(ensureMap(network, 'bridges'), name);
  const keys = definition.items.map(({ key }) => String((key as { value?: unknown }).value));
  for (const key of keys) if (!STAYING_KEYS.has(key)) movePair(definition, bridge, key);
  // A pattern would make every NIC that it meets a port.
  const match = mapAt(definition, 'match');
  if (match !== null && match.get('macaddress') === undefined) match.set('name', uplink);
  definition.set('dhcp4', nodeOf(document, 'false'));
  keepWanted(bridge, missing);
  return bridge;
}

function completeBridge(
  document: Document,
  bridge: YAMLMap,
  input: BridgeFilesInput,
  id: string | null,
  missing: { addresses: WantedAddress[]; routes: WantedRoute[] },
): void {
  const settings = {
    interfaces: id === null ? [] : [id],
    macaddress: input.bridge.mac,
    parameters: { stp: 'false', 'forward-delay': '0' },
  };
  const pairs = Object.entries(settings).map(([key, value]) => document.createPair(key, nodeOf(document, value)));
  bridge.items.unshift(...pairs);
  const interfaces = seqAt(bridge, 'interfaces');
  if (interfaces !== null) interfaces.flow = true;
  if (!bridge.has('accept-ra')) bridge.set('accept-ra', nodeOf(document, String(input.needsAdvertisements)));
  const addresses = missing.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  append(document, bridge, 'addresses', addresses);
  append(document, bridge, 'routes', missing.routes.map(routeValue));
}

function append(document: Document, bridge: YAMLMap, key: string, values: unknown[]): void {
  if (values.length === 0) return;
  const known = seqAt(bridge, key);
  if (known === null) bridge.set(key, nodeOf(document, values));
  else for (const value of values) known.add(nodeOf(document, value, known.flow === true));
}

function routeValue({ family, destination, type, via, metric, isOnLink }: WantedRoute): Record<string, string> {
  const to = destination !== 'default' || via !== null ? destination : family === 'ipv4' ? '0.0.0.0/0' : '::/0';
  return {
    to,
    ...(via === null ? {} : { via }),
    // Without a gateway netplan wants to be told that the destination is on the wire.
    ...(via === null && type === 'unicast' ? { scope: 'link' } : {}),
    ...(isOnLink ? { 'on-link': 'true' } : {}),
    ...(metric === null ? {} : { metric: String(metric) }),
    ...(type === 'unicast' ? {} : { type }),
  };
}

/** A file of Lodge's own: nothing of the owner's has to change. */
function ownBridge(input: BridgeFilesInput): BridgeFiles {
  const path = `/etc/netplan/60-lodge-${input.bridge.name}.yaml`;
  const text = '# Written by Lodge.\nnetwork:\n  version: 2\n';
  const { document } = readNetplanFile({ path, text });
  const network = mapAt(document.contents, 'network') ?? new YAMLMap();
  const bridge = ensureMap(ensureMap(network, 'bridges'), input.bridge.name);
  completeBridge(document, bridge, input, null, { addresses: [...input.addresses], routes: [...input.routes] });
  return { ok: true, files: [{ path, text: renderInStyle(document, text) }] };
}
