import type { ProgramCall } from '../base/program-call.ts';
import { nftLink } from '../base/quoting/nft-text.ts';
import type { GuardHook } from '../model/network-change.ts';

interface Guard {
  uplink: string;
  allowedMacs: readonly string[];
  hook: GuardHook;
}

/** Name of the guard's table: one for a network namespace, whoever loads it. */
export const GUARD_TABLE = 'lodge_guard';

/** How many different foreign MACs are noted down; more are dropped and counted all the same. */
const GUARD_NOTES_MAX = 256;

/**
 * The MAC guard: nothing leaves the uplink whose source MAC the provider does not know. It fails closed: the set of foreign MACs may be
 * full, the frame is dropped all the same, because noting it down is a rule of its own (an `add` to a full set ends its rule, not the
 * frame). Loading it again replaces it in one transaction, with counter and notes at zero; there is no moment without a guard.
 *
 * `netdev-egress` sees every frame that the kernel hands to the uplink's driver: the host's own, those of bridges, macvlans and raw
 * sockets (also with PACKET_QDISC_BYPASS), tagged or not. It cannot see what never passes there: AF_XDP in zero-copy mode, and the LLDP
 * agents in the firmware of some NICs.
 *
 * `bridge`, for kernels before 5.16, sees what a bridge sends through the uplink as its port: guests' frames (postrouting), and what the
 * bridge says for itself (output: spanning tree and the multicast querier never come to postrouting). It cannot see what is sent on the
 * uplink itself: raw sockets, VLANs and macvlans over it, and the host's own frames before the uplink is a port.
 *
 * Both know the uplink by its name: one that is renamed while the guard is loaded has no guard any more.
 */
export function renderGuardLoad(guard: Guard): ProgramCall[] {
  const family = familyOf(guard);
  const text = [
    `table ${family} ${GUARD_TABLE} {}`,
    `delete table ${family} ${GUARD_TABLE}`,
    `table ${family} ${GUARD_TABLE} {`,
    // Only to be read: nft 1.0.6 leaves the device of an egress hook out of its JSON.
    `\tset uplink { type ifname; elements = { ${nftLink(guard.uplink)} }; }`,
    `\tset allowed { type ether_addr; elements = { ${guard.allowedMacs.join(', ')} }; }`,
    `\tset foreign { type ether_addr; flags dynamic; size ${GUARD_NOTES_MAX}; }`,
    '\tcounter dropped {}',
    '\tchain judge {',
    '\t\tether saddr @allowed accept',
    '\t\tadd @foreign { ether saddr }',
    '\t\tcounter name dropped drop',
    '\t}',
    ...hooksOf(guard).flatMap(renderBaseChain),
    '}',
    '',
  ].join('\n');
  return [{ program: 'nft', args: ['-f', '-'], input: text }];
}

export function renderGuardUnload(guard: Guard): ProgramCall[] {
  const family = familyOf(guard);
  const tolerates = ['No such file or directory'];
  return [{ program: 'nft', args: ['delete', 'table', family, GUARD_TABLE], tolerates }];
}

function familyOf({ hook }: Guard): 'netdev' | 'bridge' {
  return hook === 'netdev-egress' ? 'netdev' : 'bridge';
}

/** A chain for each hook, and the condition under which a frame is judged. */
function hooksOf({ hook, uplink }: Guard): { chain: string; place: string; condition: string }[] {
  if (hook === 'netdev-egress') return [{ chain: 'egress', place: `egress device ${nftLink(uplink)}`, condition: '' }];
  const condition = `oifname ${nftLink(uplink)} `;
  return ['output', 'postrouting'].map((place) => ({ chain: place, place, condition }));
}

function renderBaseChain({ chain, place, condition }: ReturnType<typeof hooksOf>[number]): string[] {
  return [
    `\tchain ${chain} {`,
    `\t\ttype filter hook ${place} priority -300; policy accept;`,
    `\t\t${condition}jump judge`,
    '\t}',
  ];
}
