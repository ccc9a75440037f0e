import { routes } from '../api/routes.ts';
import type { NetworkStatus } from '../api/types.ts';
import { LodgeError } from '../base/errors.ts';
import type { CliContext } from './context.ts';

/**
 * A plan that was made; where one can go back to it, also `0`, what the provider delivered.
 *
 * @throws USAGE
 */
export function planNumber(text: string, least: 0 | 1 = 1): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) {
    const from = least === 0 ? '0 for what the provider delivered' : 'from 1 on';
    throw new LodgeError('USAGE', `a plan is named by its number, ${from}, got ${text}`, {
      hint: 'the plans: lodge net status',
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
