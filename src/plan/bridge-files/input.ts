import type { IntentAddress, IntentRoute, SourceSpot } from '../../model/network-intent.ts';
import type { NetworkText } from '../../parse/networkd-files.ts';
import type { KnownLink } from '../../parse/networkd-match.ts';

/** What a bridge is to be after a boot, for any dialect that says it in files. */
export interface BridgeFilesInput {
  /** All files of the dialect that the host has, of every directory. */
  files: readonly NetworkText[];
  links: readonly KnownLink[];
  /** The link that becomes a port of the bridge and loses its addresses to it. null: a bridge of its own, nothing is taken away. */
  uplink: string | null;
  bridge: { name: string; mac: string };
  /** All the bridge has. Of what the files gave the uplink, what is not among them is dropped. */
  addresses: readonly WantedAddress[];
  routes: readonly WantedRoute[];
  /** The host has a route by router advertisements: bridges take none unless they are told to. */
  needsAdvertisements: boolean;
  /** The uplink's `accept_ra` as it runs; left out where nobody knows. */
  acceptRa?: string | undefined;
}

export type WantedAddress = Pick<IntentAddress, 'family' | 'address' | 'prefixLength' | 'peer'>;
export type WantedRoute = Pick<IntentRoute, 'family' | 'destination' | 'type' | 'via' | 'metric' | 'isOnLink'>;

/** Only files that change. `text` null: the file goes. */
export type BridgeFiles =
  | {
      ok: true;
      files: { path: string; text: string | null }[];
      /** Commands of which nobody knows whether they mean the uplink or its addresses: they stay with the uplink. */
      left?: (SourceSpot & { text: string })[];
    }
  /** A sentence that says what stands in the way and what to do. */
  | { ok: false; reason: string };

export function refuse(reason: string): BridgeFiles {
  return { ok: false, reason };
}

export function isSameAddress(a: WantedAddress, b: WantedAddress): boolean {
  return a.address === b.address && a.prefixLength === b.prefixLength && a.peer === b.peer;
}

/** Whether two routes are one to the kernel and to the files. A gateway on the link is no other gateway: only the flag differs. */
export function isSameRoute(a: WantedRoute, b: WantedRoute): boolean {
  const keys = ['family', 'destination', 'type', 'via', 'metric', 'isOnLink'] as const;
  return keys.every((key) => a[key] === b[key]);
}
