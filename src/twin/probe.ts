import type { ProofCheck } from '../model/network-plan.ts';
import { ask } from './ask.ts';
import type { Twin } from './build.ts';
import { foreignMacCause } from './cause-mac.ts';
import { guestChecks, guestConnections, guestQuestions } from './probe-guests.ts';
import { hostChecks, hostQuestions, neighbourChecks, portRouteCheck } from './probe-host.ts';
import { closeInner, innerChecks, innerQuestions, openInner } from './probe-inner.ts';
import { chooseUnused, readSentCounts, unusedChecks, unusedQuestions } from './probe-unused.ts';
import { connectAll } from './tcp.ts';
import { foreignMacs, readView, type TwinView } from './view.ts';

export interface Expectations {
  /** Addresses the provider sends here that nobody has; left out: some are chosen. */
  unused?: readonly string[] | undefined;
  /** Whether the neighbour's network was in reach before the plan; what was not may stay so. */
  neighbourWasReachable?: boolean;
}

/** Tries everything at once and says of each thing whether it is right, and if not, why. */
export async function probeTwin(twin: Twin, expectations: Expectations = {}): Promise<ProofCheck[]> {
  const unused = expectations.unused ?? chooseUnused(twin, await readView(twin));
  await openInner(twin);
  const questions = [
    ...hostQuestions(twin),
    ...guestQuestions(twin),
    ...unusedQuestions(unused),
    ...innerQuestions(twin),
  ];
  const before = await readSentCounts(twin);
  const [answers, connections] = await Promise.all([
    ask(twin, questions),
    twin.guests.length === 0 ? new Map<string, string>() : connectAll(twin.spaces, guestConnections(twin), SERVERS),
  ]);
  const [view, after] = await Promise.all([readView(twin), readSentCounts(twin)]);
  await closeInner(twin);
  const sent = new Map([...after].map(([address, count]) => [address, count - (before.get(address) ?? 0)]));
  return [
    ...hostChecks(twin, answers, view),
    ...neighbourChecks(twin, answers, expectations.neighbourWasReachable ?? true),
    ...guestChecks(twin, answers, connections, view),
    ...unusedChecks(twin, unused, answers, sent),
    ...innerChecks(twin, view),
    portRouteCheck(view),
    foreignMacCheck(twin, view),
  ];
}

/** Who is connected to without connecting. */
const SERVERS = ['internet4', 'internet6'];

/** The host alone, before anything is changed. `neighbour`: that it was reached. */
export async function probeBefore(twin: Twin): Promise<{ checks: ProofCheck[]; neighbour: boolean }> {
  const answers = await ask(twin, hostQuestions(twin));
  const asGreen = hostChecks(twin, answers, null, 'before-');
  const isRed = asGreen.some(({ isGreen }) => !isGreen);
  const checks = isRed ? hostChecks(twin, answers, await readView(twin), 'before-') : asGreen;
  const { neighbour } = twin.addresses;
  return { checks, neighbour: neighbour !== null && answers('host', neighbour).kind === 'reply' };
}

/** No frame ever left with a MAC that the provider does not know; the guard's own catch counts as one that tried. */
export function foreignMacCheck(twin: Twin, view: TwinView): ProofCheck {
  const cause = foreignMacCause(view, twin.guests);
  const { violations, guard } = view;
  const caught = guard === null ? '' : `, ${guard.droppedFrames} stopped by the guard`;
  return {
    id: 'foreign-mac',
    isGreen: cause === null,
    summary: `${foreignMacs(view).length} foreign MACs: ${violations.frames} frames seen by the provider${caught}`,
    cause,
  };
}
