import { type IntentLink, type NetworkIntent, newIntent } from '../model/network-intent.ts';
import { setAsideByHand } from './by-hand.ts';
import { readDefinition, readNetplanBoolean } from './netplan-definition.ts';
import { type NetplanDefinition, namesOfIds, netplanDefinitions } from './netplan-definitions.ts';
import { netplanFiles } from './netplan-files.ts';
import { GROUP_KINDS } from './netplan-keys.ts';
import {
  childOf,
  entriesOfMap,
  itemsOf,
  mergeNodes,
  type NetplanNode,
  plain,
  readNetplanFile,
  type SyntaxProblem,
  textOf,
} from './netplan-tree.ts';
import type { NetworkText } from './networkd-files.ts';
import type { KnownLink } from './networkd-match.ts';
import { readBytes, readMac, readSeconds } from './networkd-values.ts';

const NETWORK_KEYS = new Set(['version', 'renderer', ...Object.keys(GROUP_KINDS)]);

/**
 * What netplan's files say. `files` are all of the host's, of /etc/netplan, /run/netplan and /lib/netplan; `links` those of the host, for
 * `match`. One file that is no YAML and netplan configures nothing: the intent is then empty but for the problems.
 */
export function intentOfNetplan(files: readonly NetworkText[], links: readonly KnownLink[]): NetworkIntent {
  const intent = newIntent();
  const problems = netplanProblems(files);
  if (problems.length > 0) {
    for (const { spot, column, text, why } of problems) {
      intent.notUnderstood.push({ spot, text, why: `column ${column}: ${why}: netplan stops here` });
    }
    return intent;
  }
  const network = mergedNetwork(files);
  for (const [key, value] of entriesOfMap(network)) {
    if (NETWORK_KEYS.has(key)) continue;
    intent.notUnderstood.push({ spot: value.spot, text: key, why: 'no group of netplan that Lodge plans with' });
  }
  const definitions = netplanDefinitions(network, links);
  for (const definition of definitions) addDefinition(definition, definitions, intent);
  return setAsideByHand(intent);
}

/** Everything that is wrong with the YAML of the files, of all of them. */
export function netplanProblems(files: readonly NetworkText[]): SyntaxProblem[] {
  return netplanFiles(files).flatMap((file) => readNetplanFile(file).problems);
}

/** What stands below `network:` when all files are put together; null where there is nothing. */
export function mergedNetwork(files: readonly NetworkText[]): NetplanNode | null {
  const roots = netplanFiles(files).flatMap((file) => childOf(readNetplanFile(file).root, 'network') ?? []);
  const [first, ...rest] = roots;
  return first === undefined ? null : rest.reduce(mergeNodes, first);
}

function addDefinition(
  definition: NetplanDefinition,
  definitions: readonly NetplanDefinition[],
  intent: NetworkIntent,
): void {
  const reading = readDefinition(definition);
  intent.notUnderstood.push(...reading.notUnderstood);
  if (definition.names.length === 0) {
    const match = childOf(definition.node, 'match');
    const text = `${definition.id}: match: ${match === null ? '' : plain(match)}`;
    const why = 'no link that is known, and that no earlier definition has, is met by it';
    intent.notUnderstood.push({ spot: definition.node.spot, text, why });
  }
  for (const name of definition.names) {
    intent.links.push(linkOf(name, definition, definitions));
    intent.addresses.push(...reading.addresses.map((address) => ({ link: name, ...address })));
    for (const { hasLink, ...route } of reading.routes) {
      intent.routes.push({ ...route, link: hasLink ? name : null, context: name });
    }
    intent.dynamic.push(...reading.dynamic.map((one) => ({ link: name, ...one })));
  }
}

function linkOf(
  name: string,
  { group, node }: NetplanDefinition,
  definitions: readonly NetplanDefinition[],
): IntentLink {
  const value = (key: string) => textOf(childOf(node, key));
  const parameters = childOf(node, 'parameters');
  const delay = textOf(childOf(parameters, 'forward-delay'));
  const isBridge = group === 'bridges';
  return {
    name,
    kind: name === 'lo' ? 'loopback' : GROUP_KINDS[group],
    isAutomatic: !['manual', 'off'].includes(value('activation-mode') ?? ''),
    mac: readMac(value('macaddress') ?? ''),
    mtu: readBytes(value('mtu') ?? ''),
    ports: isBridge || group === 'bonds' ? namesOfIds(definitions, itemsOf(childOf(node, 'interfaces'))) : [],
    stp: isBridge ? readNetplanBoolean(textOf(childOf(parameters, 'stp'))) : null,
    forwardDelaySec: isBridge && delay !== null ? readSeconds(delay) : null,
    spot: node.spot,
  };
}
