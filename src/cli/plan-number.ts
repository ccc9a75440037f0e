import { routes } from '../api/routes.ts';
import type { NetworkStatus } from '../api/types.ts';
import { LodgeError } from '../base/errors.ts';
import type { CliContext } from './context.ts';

/** @throws USAGE */
export function planNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new LodgeError('USAGE', `a plan is named by its number, got ${text}`, {
      hint: 'lodge net status lists them',
    });
  }
  return Number(text);
}

/**
 * The number that was typed; else the newest plan that was made and not applied yet.
 *
 * @throws PLAN_NOT_FOUND when there is none
 */
export async function typedOrNewestPlan({ client }: Pick<CliContext, 'client'>, typed: string): Promise<number> {
  if (typed !== '') return planNumber(typed);
  const { history } = await client.request<NetworkStatus>('GET', routes.networkStatus);
  const newest = history.filter(({ state }) => state === 'planned').sort((a, b) => b.number - a.number)[0];
  if (newest !== undefined) return newest.number;
  throw new LodgeError('PLAN_NOT_FOUND', 'there is no plan that waits to be applied', {
    hint: 'lodge net plan --layout routed',
  });
}
