/** A rule, or a chain's policy (`rule` null), of `iptables-legacy-save -c`, with what it has counted. */
export interface CountedRule {
  table: string;
  chain: string;
  rule: string | null;
  packets: number;
  /** Where it sends a packet: DROP, REJECT, another chain … */
  target: string;
}

/**
 *     *filter
 *     :FORWARD DROP [3:180]
 *     [2:120] -A INPUT -p tcp -j REJECT --reject-with tcp-reset
 */
export function parseLegacyRules(text: string): CountedRule[] {
  let table = '';
  return text.split('\n').flatMap((line): CountedRule[] => {
    const [, name] = /^\*(\S+)/.exec(line) ?? [];
    if (name !== undefined) table = name;
    const [, chain, policy, counted] = /^:(\S+) (\S+) \[(\d+):/.exec(line) ?? [];
    if (chain !== undefined && policy !== undefined) {
      return [{ table, chain, rule: null, packets: Number(counted), target: policy }];
    }
    const [, packets, inChain, rest = ''] = /^\[(\d+):\d+\] -A (\S+)(.*)$/s.exec(line) ?? [];
    if (inChain === undefined) return [];
    const target = / -[jg] (\S+)/.exec(rest)?.[1] ?? '';
    return [{ table, chain: inChain, rule: `-A ${inChain}${rest}`, packets: Number(packets), target }];
  });
}
