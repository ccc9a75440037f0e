import type { Ipv6Mode, ProviderId } from './host-config.ts';

/** Whether the provider's router asks by ARP for a single extra address, or has it bound to the uplink's MAC. */
export type ArpMode = 'asks' | 'static';

/** What is known of a provider, as data. Everything has its source; what is not known is said to be unknown. */
export interface Provider {
  id: ProviderId;
  title: string;
  /** Other customers in the same network are reachable through the gateway only. */
  isolatesCustomers: boolean;
  /** What the provider does about a MAC address it does not know, in words. */
  foreignMac: string;
  ipv4: {
    /** null: not documented; the proof tries both. */
    arp: ArpMode | null;
    /** Where a virtual MAC can be had: for single addresses, needed for them, or not at all. */
    virtualMacs: 'optional' | 'required' | 'none';
    /** Gateway of bridged single addresses where it is the same for everybody. */
    virtualMacGateway: string | null;
  };
  ipv6: {
    /** The first is the usual one. */
    modes: Ipv6Mode[];
    gateway: string | null;
  };
  /** Signs by which a host is taken for this provider's: each has the words that name it as a reason. */
  signs: ProviderSign[];
  /** How its owner gets in when the network is gone. */
  rescue: string;
  /** Titles and addresses of the documents these facts were read from. */
  sources: string[];
}

export type ProviderSign =
  | { kind: 'ipv4-gateway'; value: string; reason: string; weight: number }
  | { kind: 'ipv6-gateway'; value: string; reason: string; weight: number }
  /** What the gateway ends with: `.254`. */
  | { kind: 'ipv4-gateway-suffix'; value: string; reason: string; weight: number }
  /** The last 64 bits of the IPv6 gateway, as text that it ends with. */
  | { kind: 'ipv6-gateway-suffix'; value: string; reason: string; weight: number }
  | { kind: 'ipv4-prefix-length'; value: number; reason: string; weight: number }
  /** Words in a configuration file (a comment of the provider's installer, a host name). */
  | { kind: 'file-text'; value: string; reason: string; weight: number }
  | { kind: 'nameserver'; value: string; reason: string; weight: number };
