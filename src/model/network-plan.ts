import type { HostConfig, Ipv6Mode } from './host-config.ts';
import type { NetworkChange } from './network-change.ts';
import type { Finding } from './network-finding.ts';
import type { NetworkOwner } from './network-intent.ts';
import type { ArpMode } from './provider.ts';

/**
 * `routed`: the uplink stays as it is, guests' addresses are routed to their taps. `bridged`: the host's address moves to a bridge over
 * the uplink; guests have the provider's virtual MACs. `subnet-bridge`: a bridge of its own, without the uplink, for a routed subnet.
 */
export type NetworkLayout = 'routed' | 'bridged' | 'subnet-bridge';
export const NETWORK_LAYOUTS: readonly NetworkLayout[] = ['routed', 'bridged', 'subnet-bridge'];

export interface NetworkStep {
  /** Stable within the plan: `add-address-br0-ipv4`. */
  id: string;
  /** What is done, in the infinitive. */
  title: string;
  why: string;
  change: NetworkChange;
  timeoutMs: number;
}

/** A file the plan writes once it is confirmed. null is no file. */
export interface FileChange {
  path: string;
  before: string | null;
  after: string | null;
  mode: number;
  why: string;
}

/** A way from what is to what is wanted. Kept for ever under its number; `apply` does this and nothing else. */
export interface NetworkPlan {
  /** 1, 2, 3 … of this host. */
  number: number;
  /** The plan that was in force when this one was made; null: what the provider delivered. */
  parent: number | null;
  createdAtMs: number;
  /** null: back to what the provider delivered. */
  layout: NetworkLayout | null;
  owner: NetworkOwner;
  host: HostConfig;
  /** Of everything of the facts that the plan rests on: other facts need another plan. */
  factsDigest: string;
  steps: NetworkStep[];
  files: FileChange[];
  /**
   * Changes that no file of the system's says, in order: Lodge's own unit makes them at each boot. Those with `early` come before the
   * network is configured (the guard), the others after it.
   */
  atBoot: { early: NetworkChange[]; late: NetworkChange[] };
  /** What the owner should know before applying it. */
  findings: Finding[];
}

/** What the twin supposes of the provider where nobody knows. */
export interface ProviderModes {
  arp: ArpMode;
  ipv6: Ipv6Mode | 'none';
}

export interface ProofCheck {
  /** Stable: `host-ipv4`, `guest-ipv4-in`, `foreign-mac` … */
  id: string;
  isGreen: boolean;
  /** One line: what was tried, and the figure. */
  summary: string;
  /** Red: what makes it so, naming the cause and the thing. */
  cause: string | null;
}

/** What the twin said of one plan on one set of facts. */
export interface Proof {
  plan: number;
  factsDigest: string;
  madeAtMs: number;
  durationMs: number;
  isGreen: boolean;
  /** One for each supposition about the provider that was tried. */
  runs: { modes: ProviderModes; checks: ProofCheck[] }[];
  /** How long each part took; a proof of an older version has not said it. */
  parts?: { what: string; durationMs: number }[];
  /** What was supposed, and what no twin can show. */
  assumptions: string[];
  limits: string[];
}

/**
 * `armed`: the watchdog is set. `changed`: it runs, unconfirmed. `confirmed`: the owner came back in; files are being written.
 * `committed`: files say what runs. `reverting`: it is being taken back. `reverted`: the old state is back.
 */
export type TransactionState = 'armed' | 'changed' | 'confirmed' | 'committed' | 'reverting' | 'reverted';

/** An `apply` under way or the last one. */
export interface NetworkTransaction {
  plan: number;
  state: TransactionState;
  startedAtMs: number;
  /** When the old state comes back by itself. */
  deadlineMs: number;
  /** Why it was reverted, or what the last probe said. */
  reason: string | null;
}

/** `lodge net status`. */
export interface NetworkStatus {
  /** The plan in force; null: as the provider delivered it. */
  plan: number | null;
  layout: NetworkLayout | null;
  transaction: NetworkTransaction | null;
  history: {
    number: number;
    layout: NetworkLayout | null;
    createdAtMs: number;
    state: PlanStanding;
    /** Why it cannot be applied any more: the host is not as it was when the plan was made. null where it can, or is in force. */
    staleBecause: string | null;
    proof: 'green' | 'red' | null;
  }[];
  guard: { isLoaded: boolean; uplink: string | null; droppedFrames: number; foreignMacs: string[] };
  findings: Finding[];
}

/** What became of a plan. */
export type PlanState = 'planned' | 'committed' | 'reverted' | 'superseded';

/** The same, or what is done with it at this moment: `unconfirmed` runs, and is taken back unless it is confirmed. */
export type PlanStanding = PlanState | 'applying' | 'unconfirmed' | 'writing' | 'reverting';
