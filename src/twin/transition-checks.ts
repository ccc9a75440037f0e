import type { Family } from '../model/network-facts.ts';
import type { ProofCheck } from '../model/network-plan.ts';
import { hostCause, portRouteCause } from './cause-host.ts';
import type { FamilyLoss, Transition } from './transition.ts';
import { outerLink, type TwinView } from './view.ts';

/** What goes before the ids of the checks. */
export type Way = '' | 'back-';

/** That every step ran, and how many pings were lost meanwhile. `readView` is asked for the host as it is now where something is red. */
export async function transitionChecks(
  walked: Transition,
  readView: () => Promise<TwinView>,
  { way, lostPings }: { way: Way; lostPings: number },
): Promise<ProofCheck[]> {
  const { failed, begun, durationMs } = walked;
  const isRed =
    failed !== null || Object.values(walked.loss).some((loss) => loss !== null && !isWithin(loss, lostPings));
  const view = isRed ? await readView() : null;
  const steps: ProofCheck = {
    id: `${way}steps`,
    isGreen: failed === null,
    summary: `${begun} steps${way === '' ? '' : ' back'} in ${durationMs} ms`,
    cause: failed === null || view === null ? null : failureCause(failed, view),
  };
  const losses = (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const loss = walked.loss[family];
    return loss === null ? [] : [lossCheck(loss, family, view, way, lostPings)];
  });
  return [steps, ...losses];
}

function isWithin({ sent, lost }: FamilyLoss, lostPings: number): boolean {
  return sent > 0 && lost <= lostPings;
}

function lossCheck(loss: FamilyLoss, family: Family, view: TwinView | null, way: Way, lostPings: number): ProofCheck {
  const { sent, lost, longestGapMs, during } = loss;
  const isGreen = isWithin(loss, lostPings);
  const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
  const silence = `the longest silence was ${longestGapMs} ms${during.length === 0 ? ', after the last step' : `, in the steps ${during.join(', ')}`}`;
  return {
    id: `${way}loss-${family}`,
    isGreen,
    summary: `${lost} of ${sent} pings lost in ${name}, longest gap ${longestGapMs} ms`,
    cause:
      isGreen || view === null
        ? null
        : `${lost} of ${sent} pings were lost in ${name}: ${silence}${lastingCause(loss, family, view)}`,
  };
}

/** Lost to the very end: what is wrong then is what is wrong for good. Else the order of the steps is. */
function lastingCause({ sent, lost, lostAtEnd }: FamilyLoss, family: Family, view: TwinView): string {
  if (sent === 0) return ': no ping could be sent';
  if (lostAtEnd || lost === sent) return `, and it did not come back: ${hostCause(view, family)}`;
  return '; it came back by itself: the old was taken away before the new was there (make before break)';
}

/** The program's words, and what is behind them. */
function failureCause({ step, reason }: NonNullable<Transition['failed']>, view: TwinView): string {
  const { change } = step;
  const link = 'route' in change ? change.route.link : 'address' in change ? change.address.link : null;
  const master = view.links.find(({ name }) => name === link)?.master ?? null;
  const words = `${step.title} (${step.id}) failed: ${reason}`;
  if (master !== null)
    return `${words}: ${link} is a port of ${master}, which has the addresses and the routes; dev ${link} is left over from before`;
  const over = portRouteCause(view);
  const outer = outerLink(view)?.name;
  return over === null ? words : `${words}; ${over}, and what is connected is on ${outer}`;
}
