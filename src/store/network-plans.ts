import type { DatabaseSync } from 'node:sqlite';
import type { NetworkPlan, PlanState, Proof } from '../model/network-plan.ts';
import type { PlanDetail } from '../model/network-requests.ts';

export type NewNetworkPlan = Omit<NetworkPlan, 'number'>;

/** Plans of the host's network: none is ever removed. */
export interface NetworkPlanTable {
  /** Numbers it: 1, 2, 3 … */
  insert(plan: NewNetworkPlan): NetworkPlan;
  find(number: number): PlanDetail | null;
  /** By number. */
  list(): PlanDetail[];
  setProof(number: number, proof: Proof): void;
  setState(number: number, state: PlanState): void;
  /** The plan in force; null: as the provider delivered it. */
  current(): NetworkPlan | null;
}

export function networkPlanTable(database: DatabaseSync): NetworkPlanTable {
  const insert = database.prepare(
    "INSERT INTO network_plans (parent, state, plan, created_at_ms) VALUES (?, 'planned', ?, ?)",
  );
  const find = database.prepare('SELECT * FROM network_plans WHERE number = ?');
  const list = database.prepare('SELECT * FROM network_plans ORDER BY number');
  const current = database.prepare(
    "SELECT * FROM network_plans WHERE state = 'committed' ORDER BY number DESC LIMIT 1",
  );
  const setProof = database.prepare('UPDATE network_plans SET proof = ? WHERE number = ?');
  const setState = database.prepare('UPDATE network_plans SET state = ? WHERE number = ?');
  return {
    insert(plan) {
      const { lastInsertRowid } = insert.run(plan.parent, JSON.stringify(plan), plan.createdAtMs);
      return { ...plan, number: Number(lastInsertRowid) };
    },
    find(number) {
      const row = find.get(number);
      return row === undefined ? null : toDetail(row);
    },
    list: () => list.all().map(toDetail),
    setProof: (number, proof) => void setProof.run(JSON.stringify(proof), number),
    setState: (number, state) => void setState.run(state, number),
    current() {
      const row = current.get();
      return row === undefined ? null : toDetail(row).plan;
    },
  };
}

function toDetail(row: Record<string, unknown>): PlanDetail {
  const plan = JSON.parse(String(row.plan)) as NewNetworkPlan;
  return {
    plan: { ...plan, number: Number(row.number) },
    state: row.state as PlanState,
    proof: row.proof === null ? null : (JSON.parse(String(row.proof)) as Proof),
  };
}
