/**
 * Settings that networkd knows and that change nothing of what an intent says: addresses, routes, links and where they come from
 * stay as they are, whatever is in them. Of systemd.network(5) up to 257.
 */
export const HARMLESS_NETWORK_KEYS: ReadonlySet<string> = new Set(
  [
    'Description LinkLocalAddressing IPv6LinkLocalAddressGenerationMode IPv6StableSecretAddress IPv4LLStartAddress',
    'IPv4LLRoute LLMNR MulticastDNS DNSOverTLS DNSSEC DNSSECNegativeTrustAnchors LLDP EmitLLDP BindCarrier DNS Domains',
    'DNSDefaultRoute NTP IPForward IPv4Forwarding IPv6Forwarding IPMasquerade IPv6PrivacyExtensions',
    'IPv6DuplicateAddressDetection IPv6HopLimit IPv6RetransmissionTimeSec IPv4AcceptLocal IPv4RouteLocalnet',
    'IPv4ReversePathFilter IPv4ProxyARP IPv4ProxyARPPrivateVLAN IPv6ProxyNDP IPv6ProxyNDPAddress IPv6SendRA IPv6MTUBytes',
    'MPLSRouting KeepMaster ActiveSlave PrimarySlave ConfigureWithoutCarrier IgnoreCarrierLoss KeepConfiguration',
    'DHCPServer UseDomains Domain IPv6Token DHCPPrefixDelegation IPv6PrefixDelegation DHCPv6PrefixDelegation',
  ].flatMap((line) => line.split(' ')),
);

export const HARMLESS_ADDRESS_KEYS: ReadonlySet<string> = new Set(
  [
    'Broadcast Label PreferredLifetime Scope RouteMetric HomeAddress DuplicateAddressDetection ManageTemporaryAddress',
    'AddPrefixRoute PrefixRoute AutoJoin NetLabel NFTSet',
  ].flatMap((line) => line.split(' ')),
);

export const HARMLESS_ROUTE_KEYS: ReadonlySet<string> = new Set(
  [
    'IPv6Preference Scope Protocol InitialCongestionWindow InitialAdvertisedReceiveWindow QuickAck FastOpenNoCookie',
    'TTLPropagate MTUBytes TCPAdvertisedMaximumSegmentSize TCPCongestionControlAlgorithm TCPRetransmissionTimeoutSec',
    'PreferredSource HopLimit',
  ].flatMap((line) => line.split(' ')),
);

/** Sections of .network files beside those that are read. Traffic control, bridge ports, servers and clients. */
export const HARMLESS_SECTIONS: ReadonlySet<string> = new Set(
  [
    'DHCP DHCPv4 DHCPv6 IPv6AcceptRA DHCPPrefixDelegation DHCPv6PrefixDelegation DHCPServer DHCPServerStaticLease',
    'IPv6SendRA IPv6PrefixDelegation IPv6Prefix IPv6RoutePrefix IPv6PREF64Prefix Bridge BridgeFDB BridgeMDB BridgeVLAN',
    'LLDP CAN IPoIB SR-IOV MobileNetwork IPv6AddressLabel Neighbor QDisc NetworkEmulator TokenBucketFilter PIE',
    'FlowQueuePIE StochasticFairBlue StochasticFairnessQueueing BFIFO PFIFO PFIFOHeadDrop PFIFOFast CAKE',
    'ControlledDelay FairQueueingControlledDelay FairQueueing TrivialLinkEqualizer HierarchyTokenBucket',
    'HierarchyTokenBucketClass HeavyHitterFilter QuickFairQueueing QuickFairQueueingClass DeficitRoundRobinScheduler',
    'DeficitRoundRobinSchedulerClass EnhancedTransmissionSelection GenericRandomEarlyDetection MultiClassQueueing',
    'BandMultiQueueing',
  ].flatMap((line) => line.split(' ')),
);

/** Keys of [Network] that name a link made on top of this one. */
export const STACKED_KEYS: ReadonlySet<string> = new Set(
  'BatmanAdvanced VRF IPoIB IPVLAN IPVTAP MACsec MACVLAN MACVTAP Tunnel VLAN VXLAN Xfrm'.split(' '),
);
