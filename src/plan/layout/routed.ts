import type { NetworkStep } from '../../model/network-plan.ts';
import { forwardingSteps, guardStep, unreachableSteps } from './common.ts';
import type { Situation } from './situation.ts';

/**
 * The uplink keeps its addresses and routes, and no file of the system's is touched: the host only learns to forward. Guests' own
 * routes and neighbour proxies come with the guests (`planGuestAttachment`).
 */
export function routedSteps(situation: Situation): NetworkStep[] {
  return [guardStep(situation), ...forwardingSteps(situation), ...unreachableSteps(situation)];
}
