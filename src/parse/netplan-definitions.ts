import { kernelName } from './link-names.ts';
import { GROUP_KINDS, MATCHED_GROUPS, type NetplanGroup } from './netplan-keys.ts';
import { childOf, entriesOfMap, itemsOf, type NetplanNode, textOf } from './netplan-tree.ts';
import { type KnownLink, matchesGlob } from './networkd-match.ts';
import { readMac } from './networkd-values.ts';

/** A device of netplan's: what stands below `ethernets: eth0:`, with the links it is for. */
export interface NetplanDefinition {
  group: NetplanGroup;
  id: string;
  node: NetplanNode;
  /** Of links as they are named after a boot. Empty: nothing that is known is met by `match`. */
  names: string[];
}

/**
 * The definitions below `network:`, of all groups. A link belongs to the first one it meets, in the order of their ids: networkd
 * reads the files that netplan makes of them in that order.
 */
export function netplanDefinitions(network: NetplanNode | null, links: readonly KnownLink[]): NetplanDefinition[] {
  const claimed = new Set<string>();
  const definitions = (Object.keys(GROUP_KINDS) as NetplanGroup[]).flatMap((group) =>
    entriesOfMap(childOf(network, group)).map(([id, node]) => ({ group, id, node })),
  );
  const sorted = definitions.toSorted((a, b) => (`${a.id}.network` < `${b.id}.network` ? -1 : 1));
  return sorted.map((definition) => {
    const names = namesOf(definition, links).filter((name) => !claimed.has(name));
    for (const name of names) claimed.add(name);
    return { ...definition, names };
  });
}

/** The links that ids in `interfaces:` or `link:` stand for. */
export function namesOfIds(definitions: readonly NetplanDefinition[], ids: readonly NetplanNode[]): string[] {
  return ids.flatMap((id) => {
    const found = definitions.find((definition) => definition.id === textOf(id));
    return found?.names ?? textOf(id) ?? [];
  });
}

function namesOf({ group, id, node }: Omit<NetplanDefinition, 'names'>, links: readonly KnownLink[]): string[] {
  const match = childOf(node, 'match');
  const renamed = textOf(childOf(node, 'set-name'));
  if (!MATCHED_GROUPS.has(group)) return [id];
  // netplan makes `Name=` of the id, which a link meets by each of its names.
  if (match === null) return [kernelName(id, links)];
  const mac = textOf(childOf(match, 'macaddress'));
  const globs = globsOf(match);
  const met = links.filter((link) => {
    const hardware = link.permanentMac ?? null;
    if (mac !== null && (hardware === null || readMac(hardware) !== readMac(mac))) return false;
    // A link that has its new name already is still the one.
    const names = [link.name, ...(link.altNames ?? []), ...(link.name === renamed ? globs : [])];
    return globs.length === 0 || globs.some((glob) => names.some((name) => matchesGlob(glob, name)));
  });
  if (renamed !== null) return met.length === 0 ? [] : [renamed];
  if (met.length > 0) return met.map(({ name }) => name);
  // A name that nobody has seen yet stands for itself, as it does in networkd.
  return mac === null ? globs.filter((glob) => !/[*?[]/.test(glob)) : [];
}

/** `match: {}` is for every link, like `name: "*"`. */
function globsOf(match: NetplanNode): string[] {
  const name = childOf(match, 'name');
  const globs = name?.kind === 'list' ? itemsOf(name).flatMap((item) => textOf(item) ?? []) : [];
  return globs.length > 0 ? globs : [textOf(name) ?? []].flat();
}
