import type { PlanReport, Proof } from '../api/types.ts';
import { planRenewal } from '../model/plan-renewal.ts';
import { formatInstant } from './instant.ts';
import { PLAN_STATES } from './network-status-text.ts';

/** What became of a plan that is shown again, above its steps: whether it can be applied, and what its proof said. */
export function renderPlanStanding({ plan, state, staleBecause, proof }: PlanReport): string {
  const stale = staleBecause === null ? '' : `stale, ${staleBecause}; ${planRenewal(plan.layout)} makes a new one`;
  const words = [state === 'planned' && stale !== '' ? '' : PLAN_STATES[state], stale].filter((part) => part !== '');
  return [`state: ${words.join('; ')}`, ...proofLines(proof), ''].join('\n');
}

function proofLines(proof: Proof | null): string[] {
  if (proof === null) return ['proof: none was made yet'];
  const made = formatInstant(proof.madeAtMs);
  const red = proof.runs.flatMap(({ checks }) => checks.filter(({ isGreen }) => !isGreen));
  if (proof.isGreen) return [`proof: green, made ${made}`];
  return [
    `proof: red, made ${made}: ${red.length} ${red.length === 1 ? 'check' : 'checks'} failed`,
    ...red.map(({ id, summary, cause }) => `  RED  ${id}: ${cause ?? summary}`),
  ];
}
