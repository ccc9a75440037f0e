import type { GuestNic } from './guest.ts';

/** A guest as the `nat` link sees it: its name in DNS and its NIC. */
export interface NatGuest {
  name: string;
  nic: GuestNic;
}
