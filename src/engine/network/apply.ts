import { LodgeError, type Problem, validationError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { ApplyBegun, ApplyPlan } from '../../model/network-requests.ts';
import { isOperationOver, type Operation } from '../../model/operation.ts';
import { CONFIRM_WITHIN_MS } from '../../model/time-limits.ts';
import { planApply } from '../../plan/apply-steps.ts';
import { checkPlan } from './apply-check.ts';
import { isOpen, readTransaction } from './transaction.ts';
import type { TransactionDeps } from './transaction-deps.ts';

const DEFAULT_WITHIN_MS = 120_000;

/** What the operation keeps of the request. */
export interface ApplyInput {
  plan: number;
  token: string;
  connection: string | null;
  confirmWithinMs: number;
  isUnproven: boolean;
  targets: string[];
}

/**
 * Begins to apply a plan. Nothing is changed before everything is checked, and only one at a time.
 *
 * @throws PLAN_NOT_FOUND, PLAN_STALE, PLAN_UNPROVEN, PLAN_REFUSED, TRANSACTION_OPEN, VALIDATION_FAILED
 */
export async function applyPlan(deps: TransactionDeps, number: number, request: ApplyPlan): Promise<ApplyBegun> {
  const confirmWithinMs = checkWithin(request.confirmWithinMs ?? DEFAULT_WITHIN_MS);
  const isUnproven = request.unproven === true;
  await refuseWhileOpen(deps);
  const plan = await checkPlan(deps, number, isUnproven);
  const token = makeToken(deps.random);
  const connection = request.connection || null;
  const input: ApplyInput = {
    plan: number,
    token,
    connection,
    confirmWithinMs,
    isUnproven,
    targets: request.targets ?? [],
  };
  // Nothing is awaited between the look and the beginning: of two that come at once, the second one finds the first.
  const open = activeApply(deps);
  if (open !== null) throw openError(open.subject);
  const steps = planApply(plan, confirmWithinMs);
  const operation = deps.operations.begin('network.apply', String(number), input, steps);
  return { operation, plan, token, confirmWithinMs };
}

/** @throws TRANSACTION_OPEN */
export async function refuseWhileOpen(deps: TransactionDeps): Promise<void> {
  const open = activeApply(deps);
  if (open !== null) throw openError(open.subject);
  const transaction = await readTransaction(deps.layout);
  if (transaction !== null && isOpen(transaction)) throw openError(String(transaction.record.plan));
}

export function activeApply({ operations }: Pick<TransactionDeps, 'operations'>): Operation | null {
  return operations.list().find(({ kind, state }) => kind === 'network.apply' && !isOperationOver(state)) ?? null;
}

function openError(plan: string): LodgeError {
  return new LodgeError('TRANSACTION_OPEN', `plan ${plan} is being applied and not decided yet`, {
    hint: 'until when: lodge net status; to end it: lodge net confirm or lodge net rollback',
  });
}

function checkWithin(value: number): number {
  const { min, max } = CONFIRM_WITHIN_MS;
  if (value >= min && value <= max) return value;
  const problem: Problem = {
    path: 'confirmWithinMs',
    rule: `must be from ${min} to ${max} ms (5 s to 1 h)`,
    value,
  };
  throw validationError('the request', [problem]);
}

/** Letters and digits that nobody takes for another. */
const TOKEN_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** `k3f9-x2m7`: to be typed, perhaps from another machine's screen. */
function makeToken(random: Random): string {
  const letters = [...random.bytes(8)].map((byte) => TOKEN_LETTERS[byte % TOKEN_LETTERS.length]);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}
