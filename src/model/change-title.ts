import { assertNever } from '../base/assert-never.ts';
import type { AddressChange, NetworkChange, RouteChange } from './network-change.ts';

/** What a change does, in the infinitive. One that sets what is set already keeps it: for the boot, or for the way back. */
export function changeTitle(change: NetworkChange): string {
  switch (change.kind) {
    case 'load-guard':
      return `let only ${change.allowedMacs.join(', ')} leave ${change.uplink}`;
    case 'unload-guard':
      return `take the MAC guard off ${change.uplink}`;
    case 'set-sysctl':
      return change.value === change.before
        ? `keep ${change.path} at ${change.value}`
        : `set ${change.path} to ${change.value} (it is ${change.before})`;
    case 'add-bridge':
      return `make the bridge ${change.name} with the MAC ${change.mac}, without spanning tree`;
    case 'remove-bridge':
      return `remove the bridge ${change.name}`;
    case 'set-mac':
      return `pin the MAC of ${change.link} to ${change.mac}`;
    case 'set-bridge-option':
      return `set ${change.option} of ${change.bridge} to ${change.value} (it is ${change.before})`;
    case 'set-up':
      return `bring ${change.link} up`;
    case 'set-down':
      return `take ${change.link} down`;
    case 'add-port':
      return `make ${change.link} a port of ${change.bridge}`;
    case 'remove-port':
      return `take ${change.link} out of ${change.bridge}`;
    case 'add-address':
      return `add ${addressText(change.address)} to ${change.address.link}`;
    case 'remove-address':
      return `remove ${addressText(change.address)} from ${change.address.link}`;
    case 'add-route':
      return `add the route ${routeText(change.route)}`;
    case 'remove-route':
      return `remove the route ${routeText(change.route)}`;
    case 'replace-route':
      return `put the route ${routeText(change.route)} in the place of the one ${wayText(change.before)}`;
    case 'copy-neighbour':
      return `tell ${change.to} what ${change.from} knows of ${change.address}`;
    case 'add-proxy':
      return `answer for ${change.address} on ${change.link}`;
    case 'remove-proxy':
      return `answer for ${change.address} on ${change.link} no more`;
    default:
      return assertNever(change);
  }
}

function addressText({ address, prefixLength, peer }: AddressChange): string {
  return peer === null ? `${address}/${prefixLength}` : `${address} peer ${peer}/${prefixLength}`;
}

function routeText(route: RouteChange): string {
  const type = route.type === 'unicast' ? '' : `${route.type} `;
  const metric = route.metric === null ? '' : ` metric ${route.metric}`;
  return `${type}${route.destination} ${wayText(route)}`.trim() + metric;
}

function wayText({ via, link }: RouteChange): string {
  return [via === null ? '' : `via ${via}`, link === null ? '' : `dev ${link}`].filter(Boolean).join(' ');
}
