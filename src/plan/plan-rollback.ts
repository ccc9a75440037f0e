import { LodgeError } from '../base/errors.ts';
import { changeTitle } from '../model/change-title.ts';
import { invertChange, type NetworkChange } from '../model/network-change.ts';
import type { FileChange, NetworkPlan, NetworkStep } from '../model/network-plan.ts';

interface RollbackInput {
  /** Every plan that was ever in force. */
  plans: readonly NetworkPlan[];
  /** The one in force; null: as the provider delivered it. */
  current: number | null;
  /** Where to go back to; 0 is as the provider delivered it. */
  target: number;
  factsDigest: string;
  nowMs: number;
}

/**
 * The plan that goes back: the inverses of the plans in between, the newest first, with their files turned round. What one of them did
 * and another took back is left out. It is proven and applied like any other.
 *
 * @throws PLAN_NOT_FOUND when the target was never in force, PLAN_REFUSED when there is nothing to go back from
 */
export function planRollback({
  plans,
  current,
  target,
  factsDigest,
  nowMs,
}: RollbackInput): Omit<NetworkPlan, 'number'> {
  const between = plansBetween(plans, current, target);
  const [newest] = between;
  if (newest === undefined) throw refusal(target);
  const goal = plans.find(({ number }) => number === target);
  return {
    parent: newest.number,
    createdAtMs: nowMs,
    layout: goal?.layout ?? null,
    owner: newest.owner,
    host: goal?.host ?? newest.host,
    factsDigest,
    steps: nameSteps(cancelOut(between.flatMap(undoSteps))),
    files: undoFiles(between),
    atBoot: goal?.atBoot ?? { early: [], late: [] },
    findings: [],
  };
}

function refusal(target: number): LodgeError {
  const what = target === 0 ? 'the network is as the provider delivered it' : `plan ${target} is in force`;
  return new LodgeError('PLAN_REFUSED', `${what}: there is nothing to go back from`, { hint: 'lodge net status' });
}

/** From the plan in force back to the target, without it. */
function plansBetween(plans: readonly NetworkPlan[], current: number | null, target: number): NetworkPlan[] {
  const between: NetworkPlan[] = [];
  for (let at = current ?? 0; at !== target; ) {
    const plan = plans.find(({ number }) => number === at);
    if (plan === undefined) {
      throw new LodgeError('PLAN_NOT_FOUND', `plan ${target} was never in force: there is no way back to it`, {
        hint: 'those that were: lodge net status; 0 is as the provider delivered it',
      });
    }
    between.push(plan);
    at = plan.parent ?? 0;
  }
  return between;
}

function undoSteps({ number, steps }: NetworkPlan): NetworkStep[] {
  return steps.toReversed().map((step) => {
    const change = invertChange(step.change);
    // What only keeps a value is its own opposite.
    const why = isSame(change, step.change) ? step.why : `plan ${number} did the opposite: ${step.why}`;
    return { ...step, title: changeTitle(change), why, change };
  });
}

/** A step and, right after it, its inverse are neither of them needed. */
function cancelOut(steps: readonly NetworkStep[]): NetworkStep[] {
  const kept: NetworkStep[] = [];
  for (const step of steps) {
    const last = kept.at(-1);
    if (last !== undefined && isSame(invertChange(last.change), step.change)) kept.pop();
    else kept.push(step);
  }
  return kept;
}

function isSame(one: NetworkChange, other: NetworkChange): boolean {
  return JSON.stringify(sortKeys(one)) === JSON.stringify(sortKeys(other));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}

/** Identifiers are unique in a plan: several plans' steps may share theirs. */
function nameSteps(steps: readonly NetworkStep[]): NetworkStep[] {
  const counts = new Map<string, number>();
  return steps.map((step) => {
    const base = step.id.startsWith('back-') ? step.id.replace(/^back-/, '') : `back-${step.id}`;
    const count = (counts.get(base) ?? 0) + 1;
    counts.set(base, count);
    return { ...step, id: count === 1 ? base : `${base}-${count}` };
  });
}

/** `between` is newest first: a file goes from what the newest made of it to what the oldest found. */
function undoFiles(between: readonly NetworkPlan[]): FileChange[] {
  const files = new Map<string, FileChange>();
  for (const { number, files: changed } of between) {
    for (const { path, before, after, mode } of changed) {
      const known = files.get(path);
      const why = `as it was before plan ${number}`;
      files.set(path, { path, before: known === undefined ? after : known.before, after: before, mode, why });
    }
  }
  return [...files.values()].filter(({ before, after }) => before !== after);
}
