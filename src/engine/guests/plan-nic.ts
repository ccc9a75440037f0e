import { parseIpv4, parseIpv6 } from '../../base/address.ts';
import { isLodgeError, type Problem } from '../../base/errors.ts';
import type { Parsed } from '../../base/parsed.ts';
import type { GuestNic, GuestSpec } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { CreateGuest } from '../../model/guest-request.ts';
import type { Ipv6State } from '../../model/nat-families.ts';
import { allocateNatAddresses, tapName } from '../../plan/nat-addresses.ts';
import { checkPublished } from '../../plan/nat-published.ts';

/** What a NIC is judged by. */
export interface NicFacts {
  network: NatNetwork;
  ipv6: Ipv6State;
  /** Addresses that are asked to be published and that this host does not have. */
  strangers: string[];
  /** The other guests' NICs. */
  others: GuestNic[];
}

/** The guest's NIC with the addresses that were asked for, or free ones. */
export function planNic(
  spec: GuestSpec,
  request: CreateGuest,
  { network, ipv6, strangers, others }: NicFacts,
  problems: Problem[],
): GuestNic {
  const taken = others.find(({ mac }) => mac === spec.nic.mac);
  if (taken !== undefined) problems.push({ path: 'mac', rule: 'must not be another guest’s', value: spec.nic.mac });
  const nic = { ...spec.nic, ...planAddresses(request, { network, mac: spec.nic.mac, taken: others, ipv6 }, problems) };
  const takenByGuests = others.flatMap(({ publish }) => publish);
  problems.push(...checkPublished(nic.publish, { takenByGuests, addresses: nic, strangers }));
  return { ...nic, tap: tapName(network, spec.uuid) };
}

type Allocation = Parameters<typeof allocateNatAddresses>[0];

function planAddresses(
  request: CreateGuest,
  facts: Omit<Allocation, 'wantIpv4' | 'wantIpv6'>,
  problems: Problem[],
): Pick<GuestNic, 'ipv4' | 'ipv6'> {
  try {
    return allocateNatAddresses({
      ...facts,
      wantIpv4: wantedAddress('ipv4', request.ipv4, parseIpv4, problems),
      wantIpv6: wantedAddress('ipv6', request.ipv6, parseIpv6, problems),
    });
  } catch (error) {
    if (!isLodgeError(error, 'VALIDATION_FAILED')) throw error;
    problems.push(...(error.problems ?? []));
    return { ipv4: null, ipv6: null };
  }
}

/** `auto` stands for what cannot be read, too: the problem is noted, and the other rules are still looked at. */
function wantedAddress<Address>(
  path: string,
  wanted: string | undefined,
  parse: (text: string) => Parsed<Address>,
  problems: Problem[],
): 'auto' | 'none' | Address {
  if (wanted === undefined || wanted === 'auto' || wanted === 'none') return wanted ?? 'auto';
  const result = parse(wanted);
  if (result.ok) return result.value;
  problems.push({ path, rule: `must be auto, none or ${result.reason}`, value: wanted });
  return 'auto';
}
