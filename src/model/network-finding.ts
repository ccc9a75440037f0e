/** One thing about a network that a reader would want to know, in words. */
export interface Finding {
  /** Stable: `gateway-not-on-link`. docs/guides/network-findings.md has a heading for each that `lodge net explain` says. */
  id: string;
  /** `alarm`: it locks out, leaks or breaks. `surprise`: it looks wrong and may be right. `note`: good to know. */
  level: 'alarm' | 'surprise' | 'note';
  /** What is seen, in one sentence that names the thing: `the default route is on br0, not on eth0`. */
  what: string;
  cause: string;
  consequence: string;
  /** The exact command or edit; null where nothing needs mending. */
  fix: string | null;
}
