import { isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { readDefinition } from '../../parse/netplan-definition.ts';
import type { NetplanNode } from '../../parse/netplan-tree.ts';
import { readYamlNode } from '../../parse/netplan-tree.ts';
import { isSameAddress, isSameRoute, type WantedAddress, type WantedRoute } from './input.ts';
import { dropAt } from './netplan-nodes.ts';

export interface Missing {
  addresses: WantedAddress[];
  routes: WantedRoute[];
  /** `gateway4` and `gateway6` of the files that come later: an earlier one says nothing beside them. */
  overridden: Set<string>;
}

/**
 * Takes out of a definition what is not wanted of its addresses and routes, and out of `missing` what is there. What Lodge does not
 * plan with (another table, say) stays.
 */
export function keepWanted(definition: YAMLMap, missing: Missing): void {
  for (const key of ['addresses', 'routes']) {
    const items = definition.get(key, true);
    if (!isSeq(items)) continue;
    keepItems(items, key, missing);
    if (items.items.length === 0) dropKey(definition, key);
  }
  for (const key of ['gateway4', 'gateway6']) {
    const node = definition.get(key, true);
    if (node === undefined) continue;
    if (missing.overridden.has(key) || !takeOff(key, readYamlNode(node), missing)) dropKey(definition, key);
    missing.overridden.add(key);
  }
}

function dropKey(definition: YAMLMap, key: string): void {
  dropAt(
    definition,
    definition.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key),
  );
}

function keepItems(items: YAMLSeq, key: string, missing: Missing): void {
  for (let at = 0; at < items.items.length; ) {
    const node = readYamlNode(items.items[at]);
    if (node === null || takeOff(key, { ...node, kind: 'list', items: [node] }, missing)) at += 1;
    else dropAt(items, at);
  }
}

/** Whether the value of a key is wanted, or is nothing Lodge plans with. */
function takeOff(key: string, value: NetplanNode | null, missing: Missing): boolean {
  if (value === null) return true;
  const entries = new Map([[key, value]]);
  const node: NetplanNode = { spot: value.spot, column: value.column, kind: 'map', entries };
  const { addresses, routes } = readDefinition({ group: 'ethernets', id: '', node, names: [] });
  const isWantedAddress = addresses.every((address) => {
    const at = missing.addresses.findIndex((one) => isSameAddress(one, address));
    if (at >= 0) missing.addresses.splice(at, 1);
    return at >= 0;
  });
  const isWantedRoute = routes.every((route) => {
    const at = missing.routes.findIndex((one) => isSameRoute(one, route));
    if (at >= 0) missing.routes.splice(at, 1);
    return at >= 0;
  });
  return isWantedAddress && isWantedRoute;
}
