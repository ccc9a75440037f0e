import type {
  InterfacesBodyLine,
  InterfacesDocument,
  InterfacesNode,
  InterfacesOption,
} from '../../model/interfaces-document.ts';
import { hasInterface } from '../../render/interfaces-edit.ts';
import { mapNodes } from '../../render/interfaces-nodes.ts';
import { placeOfCommand } from './command-place.ts';
import { namesLink, renameLink } from './link-names.ts';

interface UplinkNames {
  uplink: string;
  altNames: readonly string[];
}

/** Names of the uplink under which it has stanzas. */
export function namesWithStanza(document: InterfacesDocument, { uplink, altNames }: UplinkNames): string[] {
  return [uplink, ...altNames].filter((name) => hasInterface(document, name));
}

/**
 * A document in which the uplink is called as the kernel prints it: a bridge finds its ports by that name and no other. Stanzas, `auto`
 * lines, labels and commands; a command that nobody can judge keeps its words.
 */
export function underKernelName(document: InterfacesDocument, { uplink, altNames }: UplinkNames): InterfacesDocument {
  return altNames.reduce((now, other) => mapNodes(now, (node) => [renamedNode(node, other, uplink)]), document);
}

function renamedNode(node: InterfacesNode, from: string, to: string): InterfacesNode {
  const renamed = (word: string) =>
    word === from || word.startsWith(`${from}:`) ? to + word.slice(from.length) : word;
  if (node.kind === 'names' && node.keyword !== 'rename') {
    const raw = node.raw.replace(/[^\s\\]+/g, renamed);
    return { ...node, names: node.names.map(renamed), raw };
  }
  if (node.kind !== 'iface') return node;
  const body = node.body.map((line) => renamedLine(line, from, to));
  const name = node.name === null ? null : renamed(node.name);
  return { ...node, name, raw: node.raw.replace(/\S+/g, renamed), body };
}

function renamedLine(line: InterfacesBodyLine, from: string, to: string): InterfacesBodyLine {
  if (line.kind !== 'option' || !isCommand(line) || !namesLink(line.value, from)) return line;
  if (placeOfCommand(line.value) === 'unknown') return line;
  return { ...line, value: renameLink(line.value, from, to), raw: renameLink(line.raw, from, to) };
}

function isCommand({ name }: InterfacesOption): boolean {
  return /^(pre-up|up|post-up|down|pre-down|post-down)$/.test(name);
}
