import type { Ipv4Address, Ipv4Prefix, Ipv6Address, Ipv6Prefix, MacAddress } from '../base/address.ts';

/** The private network of an instance's `nat` guests: chosen once, kept in the store. */
export interface NatNetwork {
  /** Name of our nft tables; differs between instances in one network namespace. */
  tableName: string;
  /** Pool of the guests' private addresses, and the address every tap answers on. */
  ipv4Prefix: Ipv4Prefix;
  ipv4Gateway: Ipv4Address;
  /** A /64 out of a random ULA /48 (RFC 4193). The gateway is fe80::1 on every tap, the DNS address is in the prefix. */
  ipv6Prefix: Ipv6Prefix;
  ipv6Gateway: Ipv6Address;
  ipv6Dns: Ipv6Address;
}

interface FamilyAddressing<Address> {
  address: Address;
  prefixLength: number;
  gateway: Address;
  /** The gateway is not inside the address's own prefix: the guest needs an on-link route to it. */
  gatewayOnLink: boolean;
}

/** What a guest has to configure on its NIC: input of credentials and of NoCloud's network-config. */
export interface GuestAddressing {
  mac: MacAddress;
  ipv4: FamilyAddressing<Ipv4Address> | null;
  ipv6: FamilyAddressing<Ipv6Address> | null;
  dns: (Ipv4Address | Ipv6Address)[];
}

/** Everything a guest must be told of itself. */
export interface GuestIdentity {
  hostname: string;
  uuid: string;
  /** OpenSSH public keys that may log in. */
  sshKeys: string[];
  /** The guest's own SSH host key, ed25519, OpenSSH private key file text: made on the host so that the first login is verified. */
  hostKeyPrivate: string;
  hostKeyPublic: string;
  addressing: GuestAddressing;
}
