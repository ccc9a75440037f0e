import type { NatNetwork } from '../model/guest-network.ts';
import type { NatFamilies } from '../model/nat-families.ts';

/** What a rule of a guest's packets does with the state that connection tracking found; new ones go on to the next rule. */
export const JUDGED_BY_STATE =
  'ct state vmap { established : accept, related : goto related_of_guest, invalid : goto refuse_invalid }';

/**
 * NAT sees only what connection tracking follows, while forwarding lets everything through. So what is not followed ends here:
 * invalid packets of guests, and errors about connections that are none of the guest's (tracking asks only that they go to the end
 * that they are about, and a guest could cut the host's own connections). Whatever has a private source still when it is
 * about to leave by anything but a tap, for whatever reason (`notrack` of another program), stays: a provider would take it for spoofing.
 */
export function renderTrackedChains(network: NatNetwork, tap: string, families: NatFamilies): string[] {
  const ipv6 = (...texts: string[]) => (families === 'both' ? texts : []);
  return [
    '  chain refuse_invalid {',
    // Who pings all on a tap gets answers from addresses that tracking does not expect.
    ...ipv6('    ip6 saddr fe80::/64 ip6 daddr fe80::1 icmpv6 type echo-reply accept'),
    '    counter name invalid drop',
    '  }',
    '  chain related_of_guest {',
    '    iifname . ct original ip saddr @addresses4 accept',
    '    iifname . ct reply ip saddr @addresses4 accept',
    ...ipv6(
      '    iifname . ct original ip6 saddr @addresses6 accept',
      '    iifname . ct reply ip6 saddr @addresses6 accept',
    ),
    '    counter name invalid drop',
    '  }',
    '  chain leave_last {',
    '    type filter hook postrouting priority 200; policy accept;',
    `    ip saddr ${network.ipv4Prefix} goto leave_private`,
    ...ipv6(`    ip6 saddr ${network.ipv6Prefix} goto leave_private`),
    '  }',
    '  chain leave_private {',
    `    oifname ${tap} accept`,
    '    oifname "lo" accept',
    '    counter name private_source drop',
    '  }',
  ];
}
