import { LodgeError } from '../../base/errors.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import { parseHostYaml } from '../../parse/host-yaml.ts';
import type { TransactionDeps } from './transaction-deps.ts';

type FitDeps = Pick<TransactionDeps, 'store' | 'digest'>;

/** Why a plan does not fit the host of these facts any more, in words; null where it does. */
export function misfitOf({ store, digest }: FitDeps, plan: NetworkPlan, facts: NetworkFacts): string | null {
  const current = store.networkPlans.current()?.number ?? null;
  if (plan.parent !== current) {
    return `${nameOf(plan.parent)} was in force when it was made, now it is ${nameOf(current)}`;
  }
  if (digest(facts) === plan.factsDigest) return null;
  return isHostFileChanged(plan, facts)
    ? 'host.yaml says something else than when it was made'
    : 'an address, a route, a setting or a file of the network is not as it was when it was made';
}

/** @throws PLAN_STALE */
export function requireFit(deps: FitDeps, plan: NetworkPlan, facts: NetworkFacts): void {
  const why = misfitOf(deps, plan, facts);
  if (why === null) return;
  const { number, layout } = plan;
  throw new LodgeError('PLAN_STALE', `plan ${number} does not fit any more: ${why}`, {
    hint: layout === null ? 'lodge net rollback makes a new one' : `lodge net plan --layout ${layout} makes a new one`,
  });
}

function isHostFileChanged({ host }: NetworkPlan, { files }: NetworkFacts): boolean {
  const file = files.find(({ path }) => path === '/etc/lodge/host.yaml');
  const read = file === undefined ? null : parseHostYaml(file.text);
  return read?.ok !== true || JSON.stringify(read.config) !== JSON.stringify(host);
}

function nameOf(number: number | null): string {
  return number === null ? 'what the provider delivered' : `plan ${number}`;
}
