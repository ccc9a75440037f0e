import type { NetworkFacts } from '../model/network-facts.ts';
import { EMPTY_INTENT, type NetworkIntent } from '../model/network-intent.ts';
import { parseInterfaces } from '../parse/interfaces.ts';
import { intentOfInterfaces } from '../parse/interfaces-intent.ts';
import { intentOfNetplan } from '../parse/netplan-intent.ts';
import { intentOfNetworkManager } from '../parse/network-manager-intent.ts';
import { intentOfNetworkd } from '../parse/networkd-intent.ts';
import { detectOwner } from './network-owner.ts';

const INTERFACES = '/etc/network/interfaces';

/** What the files of whoever owns the network say it shall be. */
export function intentOf(facts: NetworkFacts): NetworkIntent {
  const { files, links } = facts;
  const { owner } = detectOwner(facts);
  switch (owner) {
    case 'ifupdown':
    case 'ifupdown2':
      return intentOfInterfaces(parseInterfaces(files, INTERFACES), { dialect: owner, links });
    case 'netplan':
      return intentOfNetplan(files, links);
    case 'networkd':
      return intentOfNetworkd(files, links);
    case 'network-manager':
      return intentOfNetworkManager(files, links);
    case 'none':
      return EMPTY_INTENT;
  }
}
