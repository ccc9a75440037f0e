import type { ProgramCall } from '../base/program-call.ts';

interface Guard {
  uplink: string;
  allowedMacs: readonly string[];
  hook: 'netdev-egress' | 'bridge';
}

/** Name of the guard's table: one for a network namespace, whoever loads it. */
export const GUARD_TABLE = 'lodge_guard';

/**
 * The MAC guard: nothing leaves the uplink whose source MAC the provider does not know. It fails closed: the set of foreign MACs may be
 * full, the frame is dropped all the same, because noting it down is a rule of its own (an `add` to a full set ends its rule).
 */
export function renderGuardLoad(guard: Guard): ProgramCall[] {
  const family = familyOf(guard);
  const text = [
    `table ${family} ${GUARD_TABLE} {}`,
    `delete table ${family} ${GUARD_TABLE}`,
    `table ${family} ${GUARD_TABLE} {`,
    `\tset allowed { type ether_addr; elements = { ${guard.allowedMacs.join(', ')} }; }`,
    '\tset foreign { type ether_addr; flags dynamic; size 256; }',
    '\tcounter dropped {}',
    '\tchain egress {',
    `\t\t${hookLine(guard)}`,
    ...(guard.hook === 'bridge' ? [`\t\toifname != "${guard.uplink}" accept`] : []),
    '\t\tether saddr @allowed accept',
    '\t\tadd @foreign { ether saddr }',
    '\t\tcounter name dropped drop',
    '\t}',
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

function hookLine({ hook, uplink }: Guard): string {
  if (hook === 'netdev-egress') return `type filter hook egress device "${uplink}" priority -300; policy accept;`;
  return 'type filter hook postrouting priority -300; policy accept;';
}
