import type { NetworkPlan, PlanStanding, PlanState, Proof } from './network-plan.ts';
import type { Operation } from './operation.ts';

/** Body of `POST /v1/network/plans/N/apply`. */
export interface ApplyPlan {
  /** How long the owner has to come back in; default 120,000, at least 5,000, at most an hour. Counted from before the first change. */
  confirmWithinMs?: number;
  /** Applies a plan without a green proof. */
  unproven?: boolean;
  /** SSH_CONNECTION of whoever asks (sshd(8)): a confirmation has to come over another one. Absent or null: from the console. */
  connection?: string | null;
  /** Addresses outside that have to answer afterwards where they answered before, beside those that are found. */
  targets?: string[];
}

/** Body of `POST /v1/network/confirm`. */
export interface ConfirmNetwork {
  /** As `apply` printed it. */
  token: string;
  connection?: string | null;
  /** Confirmed at the host's own console although it was applied over SSH: proves nothing about the network, and is said to. */
  fromConsole?: boolean;
}

/** Body of `POST /v1/network/rollback`: none while a transaction is open; 0 is the network as the provider delivered it. */
export interface RollbackNetwork {
  plan?: number;
}

/** An `apply` that has begun. */
export interface ApplyBegun {
  operation: Operation;
  plan: NetworkPlan;
  /** What `lodge net confirm` wants to hear. */
  token: string;
  confirmWithinMs: number;
}

/** A plan as the store keeps it. */
export interface PlanDetail {
  plan: NetworkPlan;
  state: PlanState;
  proof: Proof | null;
}

/** A plan as it is shown: what became of it, and whether it still fits the host. */
export interface PlanReport extends Omit<PlanDetail, 'state'> {
  state: PlanStanding;
  /** As in NetworkStatus. */
  staleBecause: string | null;
}
