import type { InterfacesDocument } from '../../model/interfaces-document.ts';
import type { ConfigFile } from '../../model/network-facts.ts';
import { parseInterfaces } from '../../parse/interfaces.ts';
import { renderInterfaces } from '../../render/interfaces.ts';
import { type BridgeEdit, mendBridge, moveToBridge, portlessBridge } from '../../render/interfaces-bridge.ts';
import { appendInterface, hasInterface } from '../../render/interfaces-edit.ts';
import { type BridgeFiles, type BridgeFilesInput, refuse } from './input.ts';

const ENTRY = '/etc/network/interfaces';
const IS_OURS = /^\/etc\/network\/interfaces(\.d\/|$)/;

type TextFile = Pick<ConfigFile, 'path' | 'text'>;

/** interfaces(5), in the words that ifupdown and ifupdown2 have in common. */
export function interfacesBridgeFiles(input: BridgeFilesInput): BridgeFiles {
  const document = readDocument(input.files);
  if (input.uplink === null) return changed(document, withOwnBridge(document, input));
  if (!hasInterface(document, input.uplink)) {
    return refuse(
      `${input.uplink} has no stanza in ${ENTRY}, so there is nothing to move: write one, or use --layout routed`,
    );
  }
  const { name: bridge, mac } = input.bridge;
  return edited(document, moveToBridge(document, { uplink: input.uplink, bridge, mac }));
}

/** A bridge over the uplink that is there already gets its MAC pinned, and commands that name the port name the bridge. */
export function pinInterfacesBridge(
  files: readonly TextFile[],
  bridge: { name: string; mac: string; uplink: string },
): BridgeFiles {
  const document = readDocument(files);
  if (!hasInterface(document, bridge.name)) {
    return refuse(`${bridge.name} has no stanza in ${ENTRY}: nothing would bring it back at a boot`);
  }
  const { name, mac, uplink } = bridge;
  return edited(document, mendBridge(document, { uplink, bridge: name, mac }));
}

function readDocument(files: readonly TextFile[]): InterfacesDocument {
  return parseInterfaces(
    files.filter(({ path }) => IS_OURS.test(path)),
    ENTRY,
  );
}

/** Commands that nobody can judge stay as they are only when the owner has looked at them. */
function edited(before: InterfacesDocument, { document, doubtful }: BridgeEdit): BridgeFiles {
  const [first] = doubtful;
  if (first === undefined) return changed(before, document);
  const lines = doubtful.map(({ spot, text }) => `${spot.path}:${spot.line}: ${text}`).join('; ');
  return refuse(
    `the uplink is named in commands that Lodge does not know, and after the change they would mean a port without an address (${lines}): name the bridge in them, or take them out, and plan again`,
  );
}

function withOwnBridge(document: InterfacesDocument, { bridge, addresses }: BridgeFilesInput): InterfacesDocument {
  const wanted = addresses.map(({ family, address, prefixLength }) => {
    return { family, options: [['address', `${address}/${prefixLength}`]] as const };
  });
  return appendInterface(
    document,
    document.entry,
    portlessBridge({ bridge: bridge.name, mac: bridge.mac }, wanted),
    true,
  );
}

function changed(before: InterfacesDocument, after: InterfacesDocument): BridgeFiles {
  const old = new Map(renderInterfaces(before).map(({ path, text }) => [path, text]));
  return { ok: true, files: renderInterfaces(after).filter(({ path, text }) => old.get(path) !== text) };
}
