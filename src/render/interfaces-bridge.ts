import type {
  InterfacesBodyLine,
  InterfacesDocument,
  InterfacesFile,
  InterfacesIface,
  InterfacesNode,
} from '../model/interfaces-document.ts';
import type { Family } from '../model/network-facts.ts';
import type { SourceSpot } from '../model/network-intent.ts';
import { hasInterface, isSelected, setInterfaceOptions } from './interfaces-edit.ts';
import {
  blankNode,
  endOf,
  mapNodes,
  namesNode,
  optionLine,
  type StanzaText,
  withLineEnds,
} from './interfaces-nodes.ts';

export interface BridgeInput {
  uplink: string;
  bridge: string;
  mac: string;
}

export interface BridgeEdit {
  document: InterfacesDocument;
  /** Commands in which the bridge's name stands now instead of the uplink's. Spots are those of the document before. */
  corrected: { spot: SourceSpot; before: string; after: string }[];
  /** Commands that name the uplink and were left alone, because nobody knows what they do with it. */
  doubtful: { spot: SourceSpot; text: string }[];
}

/** Options of hardware: they stay with the uplink when its addresses move. */
const LINK_OPTIONS =
  /^(hwaddress|media|driver|txqueuelen|slaves|vlan-raw-device|(wpa|wireless|ethtool|offload|hardware|link|bond)-.*)$/;
const COMMANDS = /^(pre-up|up|post-up|down|pre-down|post-down)$/;
/** Programs whose words are known: a link's name among them is where addresses, routes or rules are. */
const ADDRESS_PROGRAMS =
  /^(ip|route|sysctl|echo|(ip6?|arp)tables(-legacy|-nft)?|nft|ifconfig|arp|dhclient|logger|sleep|true|:|exit)$/;
const LINK_PROGRAMS = /^(ethtool|mii-tool|tc|iw|iwconfig)$/;
/** `ip link …` and `ifconfig eth0 up` are about the hardware. */
const LINK_COMMAND = /^\S*(ip\s+(-\S+\s+)*l(i(nk?)?)?\s|ifconfig\s+\S+\s+(up|down|promisc|mtu)\b)/;

/**
 * Moves the uplink's addresses to a bridge over it, in the dialect that ifupdown and ifupdown2 have in common: the uplink becomes
 * `manual`, the bridge has the uplink's MAC from its first moment, neither spanning tree nor any waiting; options keep their order and
 * comments, commands name the bridge. A document without a stanza of the uplink stays as it is.
 */
export function moveToBridge(document: InterfacesDocument, input: BridgeInput): BridgeEdit {
  const edit: Omit<BridgeEdit, 'document'> = { corrected: [], doubtful: [] };
  let isFirst = true;
  const listed = hasInterface(document, input.uplink)
    ? mapNodes(document, (node) => [listedBridge(node, input)])
    : document;
  const moved = mapNodes(listed, (node, file) => {
    if (node.kind !== 'iface') return [node];
    const isUplink = node.name === input.uplink;
    const body = node.body.map((line) => correctCommand(line, input, file.path, edit));
    if (!isUplink) return [renamedHead({ ...node, body }, aliasOf(node.name, input), file)];
    const stanza = { ...node, body };
    if (!isFirst) return [renamedHead(stanza, input.bridge, file)];
    isFirst = false;
    return bridgedStanzas(stanza, input, file, isSelected(listed, input.bridge));
  });
  return { document: moved, ...edit };
}

/** Makes an existing bridge over the uplink safe, and mends commands that still name its port. */
export function mendBridge(document: InterfacesDocument, input: BridgeInput): BridgeEdit {
  const edit: Omit<BridgeEdit, 'document'> = { corrected: [], doubtful: [] };
  const mended = mapNodes(document, (node, file) => {
    if (node.kind !== 'iface') return [node];
    return [{ ...node, body: node.body.map((line) => correctCommand(line, input, file.path, edit)) }];
  });
  const options = bridgeOptions(input).filter(([name]) => name !== 'bridge_ports');
  return { document: setInterfaceOptions(mended, input.bridge, options.toReversed(), 'bridge_ports'), ...edit };
}

/**
 * A bridge of its own, without the uplink. It has no carrier before its first guest, so its IPv6 addresses would stay tentative, and
 * ifup would wait for them and fail (settle-dad.sh): `dad-attempts 0`.
 */
export function portlessBridge(
  { bridge, mac }: Omit<BridgeInput, 'uplink'>,
  addresses: readonly { family: Family; options: readonly (readonly [name: string, value: string])[] }[],
): StanzaText[] {
  const stanzas = addresses.map(({ family, options }): StanzaText => {
    if (family === 'ipv4') return { name: bridge, family: 'inet', method: 'static', options };
    return { name: bridge, family: 'inet6', method: 'static', options: [...options, ['dad-attempts', '0']] };
  });
  const [first = { name: bridge, family: 'inet', method: 'manual', options: [] }, ...others] = stanzas;
  const options = bridgeOptions({ uplink: 'none', bridge, mac });
  return [{ ...first, options: [...options, ...first.options] }, ...others];
}

/**
 * `bridge_hw` pins the MAC before a port joins (bridge-utils), `hwaddress` is ifupdown2's word for it; each is harmless to the other.
 * Without `bridge_maxwait 0` ifup waits for a spanning tree that is off.
 */
function bridgeOptions({ uplink, mac }: BridgeInput): [string, string][] {
  return [
    ['bridge_ports', uplink],
    ['bridge_stp', 'off'],
    ['bridge_fd', '0'],
    ['bridge_maxwait', '0'],
    ['bridge_hw', mac],
    ['hwaddress', mac],
  ];
}

/** The uplink's first stanza becomes two: the port, and the bridge with what it had. */
function bridgedStanzas(
  stanza: InterfacesIface,
  input: BridgeInput,
  file: InterfacesFile,
  isBridgeSelected: boolean,
): InterfacesNode[] {
  const end = endOf(file);
  const indent = /^[ \t]*/.exec(stanza.body.find(({ kind }) => kind === 'option')?.raw ?? '    ')?.[0] ?? '';
  const { kept, moved } = divide(stanza.body, input.uplink);
  const family = stanza.family ?? 'inet';
  const head = headIndent(stanza);
  const port: InterfacesIface = {
    ...stanza,
    family,
    method: 'manual',
    inherits: null,
    raw: `${head}iface ${input.uplink} ${family} manual${end}`,
    body: kept,
  };
  // What a template says already would be joined with it by a line end; ifupdown2, whose word hwaddress is, has no templates.
  const pinned = bridgeOptions(input).filter(([name]) => name !== 'hwaddress' || stanza.inherits === null);
  const options = pinned.map(([name, value]) => optionLine(name, value, indent, end));
  const bridge = renamedHead({ ...stanza, body: [...options, ...moved] }, input.bridge, file);
  return [
    withLineEnds(port, end),
    blankNode(end),
    ...(isBridgeSelected ? [] : [namesNode('auto', [input.bridge], end)]),
    bridge,
  ];
}

/** Comments and blanks go with the option below them. `mtu` is needed by both. */
function divide(body: readonly InterfacesBodyLine[], uplink: string): Record<'kept' | 'moved', InterfacesBodyLine[]> {
  const parts: Record<'kept' | 'moved', InterfacesBodyLine[]> = { kept: [], moved: [] };
  let pending: InterfacesBodyLine[] = [];
  for (const line of body) {
    pending.push(line);
    if (line.kind === 'comment' || line.kind === 'blank') continue;
    const stays = line.kind === 'mark' || (line.kind === 'option' && staysWithLink(line.name, line.value, uplink));
    parts[stays ? 'kept' : 'moved'].push(...pending);
    if (line.kind === 'option' && line.name === 'mtu') parts.kept.push(line);
    pending = [];
  }
  return parts;
}

function staysWithLink(name: string, value: string, uplink: string): boolean {
  if (!COMMANDS.test(name)) return LINK_OPTIONS.test(name.replaceAll('_', '-'));
  const isOfUplink = namesLink(value, uplink) || /\$\{?IFACE\b/.test(value);
  return isOfUplink && (LINK_COMMAND.test(value) || programsOf(value).every((program) => LINK_PROGRAMS.test(program)));
}

/**
 *     route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 dev eth0  ->  … dev br0
 *     sysctl -w net.ipv4.conf.eth0.rp_filter=0                                    ->  … conf.br0.…
 */
function correctCommand(
  line: InterfacesBodyLine,
  { uplink, bridge }: BridgeInput,
  path: string,
  edit: Omit<BridgeEdit, 'document'>,
): InterfacesBodyLine {
  if (line.kind !== 'option' || !COMMANDS.test(line.name) || !namesLink(line.value, uplink)) return line;
  const spot = { path, line: line.line };
  const programs = programsOf(line.value);
  if (LINK_COMMAND.test(line.value) || programs.every((program) => LINK_PROGRAMS.test(program))) return line;
  if (!programs.every((program) => ADDRESS_PROGRAMS.test(program))) {
    edit.doubtful.push({ spot, text: `${line.name} ${line.value}` });
    return line;
  }
  const value = renameLink(line.value, uplink, bridge);
  edit.corrected.push({ spot, before: `${line.name} ${line.value}`, after: `${line.name} ${value}` });
  return { ...line, value, raw: renameLink(line.raw, uplink, bridge) };
}

/** A link's name is a word, or a part of a path or a setting, or a zone. Never a part of a name: not `eth0` of `eth0.100` or `eth0:1`. */
function linkPattern(name: string): RegExp {
  const literal = name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`((?:^|[\\s"'=%/]|\\bconf\\.|\\bneigh\\.))${literal}(?=$|[\\s"';/]|\\.[a-z_]+\\b(?!\\d))`, 'g');
}

function namesLink(text: string, name: string): boolean {
  return linkPattern(name).test(text);
}

function renameLink(text: string, from: string, to: string): string {
  return text.replace(linkPattern(from), (_, before: string) => before + to);
}

/** `sleep 5; /sbin/ip -6 route … || true -> [sleep, ip, true]` */
function programsOf(text: string): string[] {
  return text.split(/;|&&|\|\||\|/).map((part) => {
    const word = part.trim().split(/\s+/)[0] ?? '';
    return word.slice(word.lastIndexOf('/') + 1);
  });
}

/** `eth0:1 -> br0:1`; null for every other name. */
function aliasOf(name: string | null, { uplink, bridge }: BridgeInput): string | null {
  return name?.startsWith(`${uplink}:`) ? `${bridge}${name.slice(uplink.length)}` : null;
}

function renamedHead(stanza: InterfacesIface, name: string | null, file: InterfacesFile): InterfacesIface {
  if (name === null || stanza.name === null) return stanza;
  const words = [
    name,
    stanza.family,
    stanza.method,
    ...(stanza.inherits === null ? [] : ['inherits', stanza.inherits]),
  ];
  const raw = `${headIndent(stanza)}iface ${words.filter((word) => word !== null).join(' ')}${endOf(file)}`;
  return { ...stanza, name, raw };
}

/**
 * `auto lo eth0 eth0:1 -> auto lo eth0 br0 br0:1`: interfaces come up in this order, so the bridge stands before its labels. A line of
 * the uplink alone stays as it is, and the bridge has a line of its own.
 */
function listedBridge(node: InterfacesNode, input: BridgeInput): InterfacesNode {
  if (node.kind !== 'names' || node.keyword === 'rename') return node;
  const isAuto = node.keyword === 'auto' || node.keyword === 'allow-auto';
  const joins = isAuto && node.names.length > 1 && !node.names.includes(input.bridge);
  const wordsOf = (name: string) =>
    name === input.uplink && joins ? [name, input.bridge] : [aliasOf(name, input) ?? name];
  const names = node.names.flatMap(wordsOf);
  if (names.join(' ') === node.names.join(' ')) return node;
  const words = new Map(node.names.map((name) => [name, wordsOf(name).join(' ')]));
  return { ...node, names, raw: node.raw.replace(/[^\s\\]+/g, (word) => words.get(word) ?? word) };
}

function headIndent({ raw }: InterfacesIface): string {
  return /^[ \t]*/.exec(raw)?.[0] ?? '';
}
