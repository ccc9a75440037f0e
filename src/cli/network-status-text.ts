import type { NetworkStatus } from '../api/types.ts';
import { formatDuration } from '../base/clock.ts';
import { renderTable } from '../base/text-table.ts';
import type { NetworkLayout, NetworkTransaction, PlanStanding } from '../model/network-plan.ts';
import { planRenewal } from '../model/plan-renewal.ts';
import { formatInstant } from './instant.ts';

export const PLAN_STATES: Record<PlanStanding, string> = {
  applying: 'being applied',
  unconfirmed: 'applied, waits for confirmation',
  writing: 'confirmed, its files are being written',
  reverting: 'being taken back',
  planned: 'not applied',
  committed: 'in force',
  reverted: 'taken back',
  superseded: 'was in force',
};

/** `lodge net status` in words. */
export function renderNetworkStatus(status: NetworkStatus, nowMs: number): string {
  const { plan, layout, transaction, history, findings } = status;
  return [
    plan === null
      ? 'in force: the network as the provider delivered it'
      : `in force: plan ${plan}, ${layoutName(layout)}`,
    ...(transaction === null ? [] : [transactionLine(transaction, nowMs)]),
    guardLine(status.guard),
    ...findings.map(({ level, what, fix }) => `${level}: ${what}${fix === null ? '' : `: ${fix}`}`),
    '',
    ...(history.length === 0
      ? ['no plan was made yet: lodge net plan --layout routed']
      : [historyTable(history), ...staleLines(history)]),
  ].join('\n');
}

function transactionLine({ plan, state, deadlineMs, reason }: NetworkTransaction, nowMs: number): string {
  const left = formatDuration(Math.max(0, deadlineMs - nowMs));
  switch (state) {
    case 'armed':
      return `plan ${plan} is being applied; unless it is confirmed the old network is back in ${left}`;
    case 'changed':
      return `plan ${plan} runs and waits for lodge net confirm over a new connection: ${left} left, then the old network is back`;
    case 'confirmed':
      return `plan ${plan} is confirmed, its files are being written`;
    case 'committed':
      return `last applied: plan ${plan}, confirmed`;
    case 'reverting':
      return `plan ${plan} is being taken back: ${reason ?? 'asked for'}`;
    case 'reverted':
      return `last applied: plan ${plan}, taken back: ${reason ?? 'asked for'}`;
  }
}

function guardLine({ isLoaded, uplink, droppedFrames, foreignMacs }: NetworkStatus['guard']): string {
  if (!isLoaded) return 'MAC guard: not loaded';
  if (droppedFrames === 0) return `MAC guard: on ${uplink}, nothing foreign tried to leave`;
  return `MAC guard: on ${uplink}, ${droppedFrames} frames dropped, from ${foreignMacs.join(', ') || 'unknown MACs'}`;
}

function historyTable(history: NetworkStatus['history']): string {
  const rows = history.map(({ number, layout, createdAtMs, state, staleBecause, proof }) => [
    String(number),
    layoutName(layout),
    isStale({ state, staleBecause }) ? 'stale' : PLAN_STATES[state],
    proof === null ? 'not proven' : proof === 'green' ? 'proven' : 'red',
    formatInstant(createdAtMs),
  ]);
  return renderTable([['PLAN', 'LAYOUT', 'STATE', 'PROOF', 'MADE'], ...rows]);
}

/** Of the newest alone: the older ones are of no use to anybody. */
function staleLines(history: NetworkStatus['history']): string[] {
  const newest = history.filter(isStale).at(-1);
  if (newest === undefined) return [];
  const { number, layout, staleBecause } = newest;
  return [`plan ${number} is stale: ${staleBecause}; ${planRenewal(layout)} makes a new one`];
}

/** One that was taken back is told to be that. */
function isStale({ state, staleBecause }: Pick<NetworkStatus['history'][number], 'state' | 'staleBecause'>): boolean {
  return state === 'planned' && staleBecause !== null;
}

function layoutName(layout: NetworkLayout | null): string {
  return layout ?? 'as delivered';
}
