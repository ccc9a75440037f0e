import { isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { readDefinition } from '../../parse/netplan-definition.ts';
import type { NetplanNode } from '../../parse/netplan-tree.ts';
import { readYamlNode } from '../../parse/netplan-tree.ts';
import { isSameAddress, isSameRoute, type WantedAddress, type WantedRoute } from './input.ts';

interface Missing {
  addresses: WantedAddress[];
  routes: WantedRoute[];
}

/**
 * Takes out of a definition what is not wanted of its addresses and routes, and out of `missing` what is there. What Lodge does not
 * plan with (another table, say) stays.
 */
export function keepWanted(definition: YAMLMap, missing: Missing): void {
  for (const key of ['addresses', 'routes']) {
    const items = definition.get(key, true);
    if (isSeq(items)) keepItems(items, key, missing);
    if (isSeq(items) && items.items.length === 0) definition.delete(key);
  }
  for (const key of ['gateway4', 'gateway6']) {
    const node = definition.get(key, true);
    if (node !== undefined && !takeOff(key, readYamlNode(node), missing)) definition.delete(key);
  }
}

function keepItems(items: YAMLSeq, key: string, missing: Missing): void {
  items.items = items.items.filter((item) => {
    const node = readYamlNode(item);
    return node === null || takeOff(key, { ...node, kind: 'list', items: [node] }, missing);
  });
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
