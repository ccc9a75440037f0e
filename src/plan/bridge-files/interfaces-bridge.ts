import type {
  InterfacesBodyLine,
  InterfacesDocument,
  InterfacesFile,
  InterfacesIface,
  InterfacesNode,
  InterfacesOption,
} from '../../model/interfaces-document.ts';
import type { SourceSpot } from '../../model/network-intent.ts';
import { hasInterface, isSelected, setInterfaceOptions } from '../../render/interfaces-edit.ts';
import { blankNode, endOf, mapNodes, namesNode, optionLine, withLineEnds } from '../../render/interfaces-nodes.ts';
import { type BridgeInput, bridgeOptions } from './bridge-options.ts';
import { placeOfCommand } from './command-place.ts';
import { namesLink, renameLink } from './link-names.ts';

export interface BridgeEdit {
  document: InterfacesDocument;
  /** Commands in which the bridge's name stands now instead of the uplink's. Spots are those of the document before. */
  corrected: { spot: SourceSpot; before: string; after: string }[];
  /** Commands that nobody can judge: they stay with the uplink, where they were. */
  doubtful: { spot: SourceSpot; text: string }[];
}
type Edit = Omit<BridgeEdit, 'document'>;

/** Options of hardware: they stay with the uplink when its addresses move. */
const LINK_OPTIONS =
  /^(hwaddress|media|driver|txqueuelen|slaves|vlan-raw-device|(wpa|wireless|ethtool|offload|hardware|link|bond)-.*)$/;
const COMMANDS = /^(pre-up|up|post-up|down|pre-down|post-down)$/;
/** By these names ifup tells a command which stanza it is run for. */
const OWN_NAME = /\$\{?(IFACE|LOGICAL)\b/;

/**
 * Moves the uplink's addresses to a bridge over it, in the dialect that ifupdown and ifupdown2 have in common: the uplink becomes
 * `manual`, the bridge has the uplink's MAC from its first moment, neither spanning tree nor any waiting; options keep their order and
 * comments. A command moves, and names the bridge, only where it is known what it does: what is about hardware, and what nobody can
 * judge, stays with the uplink. A document without a stanza of the uplink stays as it is.
 */
export function moveToBridge(document: InterfacesDocument, input: BridgeInput): BridgeEdit {
  const edit: Edit = { corrected: [], doubtful: [] };
  const listed = hasInterface(document, input.uplink)
    ? mapNodes(document, (node) => [listedBridge(node, input)])
    : document;
  const parts = new Map<InterfacesNode, Division>();
  for (const { path, nodes } of listed.files)
    for (const node of nodes) {
      if (node.kind === 'iface' && node.name === input.uplink)
        parts.set(node, divide(node, parts.size > 0, input, path, edit));
    }
  // What stays of the uplink's other stanzas stands in the one that is left of it.
  const staying = [...parts.values()].slice(1).flatMap(({ kept }) => kept);
  const [first] = parts.keys();
  const moved = mapNodes(listed, (node, file) => {
    if (node.kind !== 'iface') return [node];
    const part = parts.get(node);
    if (part === undefined) {
      const body = node.body.map((line) => correctCommand(line, node, input, file.path, edit));
      return [renamedHead({ ...node, body }, aliasOf(node.name, input), file)];
    }
    if (node !== first) return [renamedHead({ ...node, body: part.moved }, input.bridge, file)];
    const division = { ...part, kept: [...part.kept, ...staying] };
    return bridgedStanzas(node, division, input, file, isSelected(listed, input.bridge));
  });
  return { document: moved, ...edit };
}

/** Makes an existing bridge over the uplink safe, and mends commands that still name its port where the bridge is meant. */
export function mendBridge(document: InterfacesDocument, input: BridgeInput): BridgeEdit {
  const edit: Edit = { corrected: [], doubtful: [] };
  const mended = mapNodes(document, (node, file) => {
    if (node.kind !== 'iface') return [node];
    return [{ ...node, body: node.body.map((line) => correctCommand(line, node, input, file.path, edit)) }];
  });
  const options = bridgeOptions(input).filter(([name]) => name !== 'bridge_ports');
  return { document: setInterfaceOptions(mended, input.bridge, options.toReversed(), 'bridge_ports'), ...edit };
}

/** The uplink's first stanza becomes two: the port, and the bridge with what it had. */
function bridgedStanzas(
  stanza: InterfacesIface,
  { kept, moved }: Division,
  input: BridgeInput,
  file: InterfacesFile,
  isBridgeSelected: boolean,
): InterfacesNode[] {
  const end = endOf(file);
  const indent = /^[ \t]*/.exec(stanza.body.find(({ kind }) => kind === 'option')?.raw ?? '    ')?.[0] ?? '';
  const family = stanza.family ?? 'inet';
  const port: InterfacesIface = {
    ...stanza,
    family,
    method: 'manual',
    inherits: null,
    raw: `${headIndent(stanza)}iface ${input.uplink} ${family} manual${end}`,
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

interface Division {
  kept: InterfacesBodyLine[];
  moved: InterfacesBodyLine[];
}

/**
 * Comments and blanks go with the option below them. `mtu` is needed by both. A `pre-up` that wants the bridge to be there is its first
 * `up`: ifup runs the other kind before bridge-utils has made it, for its first stanza.
 *
 * @param isFurther not the uplink's first stanza: its options are the bridge's, and only commands may stay
 */
function divide(stanza: InterfacesIface, isFurther: boolean, input: BridgeInput, path: string, edit: Edit): Division {
  const kept: InterfacesBodyLine[] = [];
  const early: InterfacesBodyLine[] = [];
  const late: InterfacesBodyLine[] = [];
  let pending: InterfacesBodyLine[] = [];
  let firstUp: number | null = null;
  for (const line of stanza.body) {
    pending.push(line);
    if (line.kind === 'comment' || line.kind === 'blank') continue;
    const isCommand = line.kind === 'option' && COMMANDS.test(line.name);
    const group = pending;
    pending = [];
    if (isCommand) {
      const place = moveCommand(line, isFurther, input, path, edit);
      if (place === null) {
        kept.push(...group);
        continue;
      }
      const lines = [...group.slice(0, -1), place];
      if (line.name === 'pre-up' && place.name === 'up') early.push(...lines);
      else {
        if (/^(up|post-up)$/.test(line.name)) firstUp ??= late.length;
        late.push(...lines);
      }
      continue;
    }
    const stays = line.kind === 'mark' || (line.kind === 'option' && LINK_OPTIONS.test(line.name.replaceAll('_', '-')));
    if (stays && !isFurther) kept.push(...group);
    else late.push(...group);
    if (!isFurther && line.kind === 'option' && line.name === 'mtu') kept.push(line);
  }
  return { kept, moved: joined(late.toSpliced(firstUp ?? late.length, 0, ...early), stanza) };
}

/** A file's last line may lack its end, and need not be the last any more. */
function joined(lines: InterfacesBodyLine[], stanza: InterfacesIface): InterfacesBodyLine[] {
  const end = stanza.raw.endsWith('\r\n') ? '\r\n' : '\n';
  return [...withLineEnds({ ...stanza, body: lines.slice(0, -1) }, end).body, ...lines.slice(-1)];
}

/** The command as the bridge's, which may be there already; null where it stays with the uplink. */
function moveCommand(
  line: InterfacesOption,
  isThere: boolean,
  input: BridgeInput,
  path: string,
  edit: Edit,
): InterfacesOption | null {
  const { uplink, bridge } = input;
  const place = placeOfCommand(line.value);
  const isOfUplink = namesLink(line.value, uplink) || OWN_NAME.test(line.value);
  if (place === 'unknown') {
    edit.doubtful.push({ spot: { path, line: line.line }, text: `${line.name} ${line.value}` });
    return null;
  }
  if (place === 'link' && isOfUplink) return null;
  const wantsBridge = isOfUplink && (place === 'setting' || place === 'addresses');
  const name = line.name === 'pre-up' && wantsBridge && !isThere ? 'up' : line.name;
  if (!namesLink(line.value, uplink) || place === 'link' || place === 'free')
    return name === line.name ? line : renamedOption(line, name, line.value);
  const value = renameLink(line.value, uplink, bridge);
  edit.corrected.push({
    spot: { path, line: line.line },
    before: `${line.name} ${line.value}`,
    after: `${name} ${value}`,
  });
  return { ...renamedOption(line, name, value), raw: renameLink(renamedOption(line, name, value).raw, uplink, bridge) };
}

/** The same line with another word before its value. */
function renamedOption(line: InterfacesOption, name: string, value: string): InterfacesOption {
  const raw = name === line.name ? line.raw : line.raw.replace(/^([ \t]*)\S+/, `$1${name}`);
  return { ...line, name, value, raw };
}

/**
 * A command of another stanza that is about addresses or packets names the bridge from now on. A setting of the port stays one: the port is
 * there whenever it is made. So does what is run before a bridge of this stanza's is made.
 *
 *     route add -net 192.0.2.192 netmask 255.255.255.192 gw 192.0.2.193 dev eth0  ->  … dev br0
 */
function correctCommand(
  line: InterfacesBodyLine,
  { name: stanza }: InterfacesIface,
  { uplink, bridge }: BridgeInput,
  path: string,
  edit: Edit,
): InterfacesBodyLine {
  if (line.kind !== 'option' || !COMMANDS.test(line.name) || !namesLink(line.value, uplink)) return line;
  const spot = { path, line: line.line };
  const place = placeOfCommand(line.value);
  if (place === 'unknown') edit.doubtful.push({ spot, text: `${line.name} ${line.value}` });
  const isBefore = line.name === 'pre-up' && stanza === bridge && place === 'addresses';
  if ((place !== 'addresses' && place !== 'filter') || isBefore) return line;
  const value = renameLink(line.value, uplink, bridge);
  edit.corrected.push({ spot, before: `${line.name} ${line.value}`, after: `${line.name} ${value}` });
  return { ...line, value, raw: renameLink(line.raw, uplink, bridge) };
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
