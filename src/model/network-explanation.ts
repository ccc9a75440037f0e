import type { Finding } from './network-finding.ts';
import type { NetworkOwner } from './network-intent.ts';

/** One line of a section, in the shape the command prints it, and what it means; null where it says nothing by itself. */
export interface WalkLine {
  text: string;
  meaning: string | null;
}

export interface WalkSection {
  /** The command whose output this is: `ip link`. */
  command: string;
  lines: WalkLine[];
}

/** The network on one page, in the order in which one looks at it: links, addresses, routes, bridges, who is behind them. */
export interface NetworkWalk {
  sections: WalkSection[];
}

/** `lodge net show` and `lodge net explain`. */
export interface NetworkExplanation {
  hostname: string;
  kernelRelease: string;
  takenAtMs: number;
  /** Whose files decide, and by what it is known. */
  owner: NetworkOwner;
  ownerReason: string;
  walk: NetworkWalk;
  /** Alarms first, then surprises, then notes. */
  findings: Finding[];
}
