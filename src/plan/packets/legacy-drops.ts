import type { CountedRule } from '../../parse/legacy-rules.ts';
import type { LegacyDrop } from './explain-silence.ts';

/** What has counted packets between two readings and does not let them pass. */
export function legacyDrops(
  family: 'ip' | 'ip6',
  before: readonly CountedRule[],
  after: readonly CountedRule[],
): LegacyDrop[] {
  return after.flatMap((rule, index) => {
    const earlier = before[index];
    const isSame = earlier !== undefined && earlier.chain === rule.chain && earlier.rule === rule.rule;
    const packets = rule.packets - (isSame ? earlier.packets : 0);
    if (packets <= 0 || (rule.target !== 'DROP' && rule.target !== 'REJECT')) return [];
    const { table, chain } = rule;
    return [{ family, table, chain, baseChains: baseChainsOf(after, table, chain), rule: rule.rule, packets }];
  });
}

/** The chains from which one is reached, itself among them. */
function baseChainsOf(rules: readonly CountedRule[], table: string, chain: string): string[] {
  const found = new Set([chain]);
  for (const name of found) {
    for (const rule of rules) if (rule.table === table && rule.target === name) found.add(rule.chain);
  }
  return [...found];
}
