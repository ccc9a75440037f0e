import type { NetworkLayout } from './network-plan.ts';

/** The command that plans the same anew, for a plan that fits the host no more; null is the way back to what the provider delivered. */
export function planRenewal(layout: NetworkLayout | null): string {
  return layout === null ? 'lodge net rollback 0' : `lodge net plan --layout ${layout}`;
}
