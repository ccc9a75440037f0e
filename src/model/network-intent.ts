import type { Family } from './network-facts.ts';

/** Whose files decide over a host's network. */
export type NetworkOwner = 'ifupdown' | 'ifupdown2' | 'networkd' | 'netplan' | 'network-manager' | 'none';

/** Where something stands: a path and a line that begins with 1. */
export interface SourceSpot {
  path: string;
  line: number;
}

/**
 * What configuration files say the network shall be, whatever their dialect. It is compared with what runs: after a boot the two
 * must be the same.
 */
export interface NetworkIntent {
  links: IntentLink[];
  addresses: IntentAddress[];
  routes: IntentRoute[];
  /** Links that get addresses from outside. */
  dynamic: { link: string; family: Family; method: 'dhcp' | 'ra' | 'delegated'; spot: SourceSpot }[];
  /** What stands in files for links that nothing brings up at boot: it comes when somebody types `ifup`, or the like. */
  byHand: Pick<NetworkIntent, 'addresses' | 'routes' | 'dynamic'> & { stanzas: IdleStanza[] };
  /** What is neither understood nor known to be harmless. It is kept as it is, and named. */
  notUnderstood: { spot: SourceSpot; text: string; why: string }[];
}

export interface IntentLink {
  name: string;
  kind: 'physical' | 'loopback' | 'bridge' | 'vlan' | 'bond' | 'dummy' | 'other';
  /** Brought up at boot (`auto`, `allow-hotplug`, or always by the dialect's nature). */
  isAutomatic: boolean;
  mac: string | null;
  mtu: number | null;
  /** Bridge and bond: the links in it. */
  ports: string[];
  /** Bridges: null where the file leaves it to the dialect's default. */
  stp: boolean | null;
  forwardDelaySec: number | null;
  spot: SourceSpot;
}

/** What would have to be named for a link to be brought up at boot. */
export interface IdleStanza {
  /** `eth0:1` of the link eth0. */
  name: string;
  link: string;
  spot: SourceSpot;
}

export interface IntentAddress {
  link: string;
  family: Family;
  address: string;
  prefixLength: number;
  peer: string | null;
  spot: SourceSpot;
}

export interface IntentRoute {
  family: Family;
  /** `default` or a prefix with its length. */
  destination: string;
  type: string;
  via: string | null;
  /** The link the file names: null where it names none (`route add … gw …` without `dev`). */
  link: string | null;
  /** The stanza or file it stands in: the link that is being configured when it is run. */
  context: string;
  metric: number | null;
  isOnLink: boolean;
  /** `gateway`: an option of the dialect. `command`: an `up` line or the like. */
  form: 'gateway' | 'route' | 'command';
  spot: SourceSpot;
}

export const EMPTY_INTENT: NetworkIntent = {
  links: [],
  addresses: [],
  routes: [],
  dynamic: [],
  byHand: { addresses: [], routes: [], dynamic: [], stanzas: [] },
  notUnderstood: [],
};

/** An intent that is still to be filled. */
export function newIntent(): NetworkIntent {
  return structuredClone(EMPTY_INTENT);
}
