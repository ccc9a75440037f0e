import { fnv1aHex } from '../base/fnv1a.ts';

/** Where units of the host's owner lie (systemd.unit(5)). */
export const UNIT_DIRECTORY = '/etc/systemd/system';
export const SERVICE_UNIT = 'lodge.service';
export const SOCKET_UNIT = 'lodge.socket';
/** Lodge's part of the host's network at boot, before the network is configured and after it. */
export const NETWORK_UNIT = 'lodge-network.service';
export const NETWORK_LATE_UNIT = 'lodge-network-late.service';

/**
 * The transient unit of a guest, without `.service`. Roots share one systemd and may have guests of the same name.
 *
 *     '', web1 -> lodge-guest-web1    '/srv/x', web1 -> lodge-8f3a1c-guest-web1
 */
export function guestUnitName(root: string, guest: string): string {
  return root === '' ? `lodge-guest-${guest}` : `lodge-${fnv1aHex(root).slice(0, 6)}-guest-${guest}`;
}
