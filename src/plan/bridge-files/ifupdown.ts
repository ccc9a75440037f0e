import type { InterfacesDocument } from '../../model/interfaces-document.ts';
import type { ConfigFile } from '../../model/network-facts.ts';
import type { IntentRoute, NetworkIntent } from '../../model/network-intent.ts';
import { parseInterfaces } from '../../parse/interfaces.ts';
import { interfacesRefusal, readInterfaces } from '../../parse/interfaces-inherit.ts';
import { intentOfInterfaces } from '../../parse/interfaces-intent.ts';
import { renderInterfaces } from '../../render/interfaces.ts';

import { appendInterface, hasInterface, setFamilyOption } from '../../render/interfaces-edit.ts';
import { addMissing } from '../../render/interfaces-missing.ts';
import { portlessBridge } from './bridge-options.ts';
import { keepCloudInitOff } from './cloud-init.ts';
import { type BridgeFiles, type BridgeFilesInput, isSameAddress, refuse, type WantedRoute } from './input.ts';
import { type BridgeEdit, mendBridge, moveToBridge } from './interfaces-bridge.ts';
import { namesWithStanza, underKernelName } from './other-names.ts';

const ENTRY = '/etc/network/interfaces';

type TextFile = Pick<ConfigFile, 'path' | 'text'>;

/** interfaces(5), in the words that ifupdown and ifupdown2 have in common. */
export function interfacesBridgeFiles(input: BridgeFilesInput): BridgeFiles {
  return keepCloudInitOff(renderBridge(input), input);
}

function renderBridge(input: BridgeFilesInput): BridgeFiles {
  const { uplink, bridge } = input;
  const document = readDocument(input.files);
  const problem = problemOf(document);
  if (problem !== null) return refuse(problem);
  if (hasInterface(document, bridge.name)) return refuse(`${bridge.name} has a stanza in ${ENTRY} already`);
  if (uplink === null) return changed(document, completed(withOwnBridge(document, input), input));
  const names = { uplink, altNames: input.links.find(({ name }) => name === uplink)?.altNames ?? [] };
  const [written, ...more] = namesWithStanza(document, names);
  if (written === undefined) {
    return refuse(
      `${uplink} has no stanza in ${ENTRY}, so there is nothing to move: write one, or use --layout routed`,
    );
  }
  if (more.length > 0) {
    return refuse(
      `${[written, ...more].join(' and ')} are one link, and each has a stanza in ${ENTRY}: write ${uplink} in all of them, then plan again`,
    );
  }
  const moved = moveToBridge(underKernelName(document, names), { uplink, bridge: bridge.name, mac: bridge.mac });
  const whole = completed(moved.document, input);
  return edited(document, { ...moved, document: written === uplink ? whole : withSettingOfNow(whole, input) });
}

/**
 * ifup sets `accept_ra` by the name of the stanza, and /proc/sys knows the kernel's name alone: under another name it sets nothing. The
 * bridge gets what the uplink has had.
 */
function withSettingOfNow(document: InterfacesDocument, input: BridgeFilesInput): InterfacesDocument {
  const { bridge, acceptRa, needsAdvertisements } = input;
  if (acceptRa === undefined || needsAdvertisements) return document;
  return setFamilyOption(document, bridge.name, 'inet6', 'accept_ra', acceptRa);
}

/** A bridge over the uplink that is there already gets its MAC pinned, and commands that name the port name the bridge. */
export function pinInterfacesBridge(
  files: readonly TextFile[],
  { name, mac, uplink }: { name: string; mac: string; uplink: string },
): BridgeFiles {
  const document = readDocument(files);
  const problem = problemOf(document);
  if (problem !== null) return refuse(problem);
  if (!hasInterface(document, name)) {
    return refuse(`${name} has no stanza in ${ENTRY}: nothing would bring it back at a boot`);
  }
  return edited(document, mendBridge(document, { uplink, bridge: name, mac }));
}

/** The files that ifupdown reads, wherever they lie. */
function readDocument(files: readonly TextFile[]): InterfacesDocument {
  const all = parseInterfaces(files, ENTRY);
  const read = new Set(readInterfaces(all, 'tolerant').readPaths);
  return { ...all, files: all.files.filter(({ path }) => read.has(path)) };
}

/** ifupdown would configure nothing of a file like that: no edit makes it better. */
function problemOf(document: InterfacesDocument): string | null {
  const problem = interfacesRefusal(document);
  if (problem === null) return null;
  return `${problem.spot.path}:${problem.spot.line} is refused by ifupdown: ${problem.rule} (${problem.text}); mend it, then plan again`;
}

/** Commands that nobody can judge stay where they are, and are told. */
function edited(before: InterfacesDocument, { document, doubtful }: BridgeEdit): BridgeFiles {
  const left = doubtful.map(({ spot, text }) => ({ path: spot.path, line: spot.line, text }));
  return { ...changed(before, document), left };
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

/** What runs and stood in no file is added, so that it is there after a boot. */
function completed(document: InterfacesDocument, input: BridgeFilesInput): InterfacesDocument {
  const { bridge, needsAdvertisements } = input;
  const intent = intentOfInterfaces(document, { links: input.links.map(({ name, mac }) => ({ name, mac })) });
  const said = intent.addresses.filter(({ link }) => link === bridge.name);
  return addMissing(document, bridge.name, {
    addresses: input.addresses.filter((address) => !said.some((one) => isSameRunning(one, address))),
    routes: input.routes.filter((route) => !isRouteSaid(route, intent)),
    takesAdvertisements: needsAdvertisements,
  });
}

/** An address with a peer runs as a /32 whatever its netmask is. */
function isSameRunning(
  said: Parameters<typeof isSameAddress>[0],
  wanted: Parameters<typeof isSameAddress>[0],
): boolean {
  return (
    isSameAddress(said, wanted) || (said.peer !== null && said.peer === wanted.peer && said.address === wanted.address)
  );
}

/** ifupdown makes a gateway on-link by itself; the route to a peer comes with the address. */
function isRouteSaid({ family, destination, via }: WantedRoute, { routes, addresses }: NetworkIntent): boolean {
  const isIt = (route: IntentRoute) =>
    route.family === family && route.destination === destination && route.via === via;
  if (routes.some(isIt)) return true;
  const host = destination.split('/')[0];
  const isToGateway = via === null && routes.some((route) => route.via === host);
  return isToGateway || (via === null && addresses.some(({ peer }) => peer === host));
}

function changed(before: InterfacesDocument, after: InterfacesDocument): Extract<BridgeFiles, { ok: true }> {
  const old = new Map(renderInterfaces(before).map(({ path, text }) => [path, text]));
  return { ok: true, files: renderInterfaces(after).filter(({ path, text }) => old.get(path) !== text) };
}
