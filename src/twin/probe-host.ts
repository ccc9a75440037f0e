import type { Family } from '../model/network-facts.ts';
import type { ProofCheck } from '../model/network-plan.ts';
import { type Answers, answerWords, type Question } from './ask.ts';
import type { Twin } from './build.ts';
import { hostCause, portRouteCause } from './cause-host.ts';
import type { TwinView } from './view.ts';

export interface Ends {
  family: Family;
  /** The namespace outside. */
  space: string;
  own: string;
  outside: string;
}

/** The families in which the host is to be reachable. */
export function hostEnds({ host, modes, addresses }: Twin): Ends[] {
  const own6 = modes.ipv6 === 'none' ? null : (host.ipv6?.address ?? null);
  return [
    ...(host.ipv4 === null
      ? []
      : [
          { family: 'ipv4', space: 'internet4', own: host.ipv4.address, outside: addresses.internet4.outside } as const,
        ]),
    ...(own6 === null
      ? []
      : [{ family: 'ipv6', space: 'internet6', own: own6, outside: addresses.internet6.outside } as const]),
  ];
}

export function hostQuestions(twin: Twin): Question[] {
  const { neighbour } = twin.addresses;
  return [
    ...hostEnds(twin).flatMap(({ space, own, outside }) => [
      { from: space, target: own },
      { from: 'host', target: outside },
    ]),
    ...(neighbour === null ? [] : [{ from: 'host', target: neighbour }]),
  ];
}

/**
 * @param view is only needed where something is red
 * @param when goes before the ids: `before-`, or nothing
 */
export function hostChecks(twin: Twin, answers: Answers, view: TwinView | null, when = ''): ProofCheck[] {
  return hostEnds(twin).map(({ family, space, own, outside }) => {
    const inward = answers(space, own);
    const outward = answers('host', outside);
    const isGreen = inward.kind === 'reply' && outward.kind === 'reply';
    return {
      id: `${when}host-${family}`,
      isGreen,
      summary: `${own} from outside: ${answerWords(inward)}; from the host to outside: ${answerWords(outward)}`,
      cause: isGreen || view === null ? null : hostCause(view, family),
    };
  });
}

/** Other customers of the same network are behind the gateway. What was out of reach before the plan is not the plan's fault. */
export function neighbourChecks(twin: Twin, answers: Answers, wasReachable: boolean): ProofCheck[] {
  const { neighbour } = twin.addresses;
  if (neighbour === null) return [];
  const answer = answers('host', neighbour);
  const reached = answer.kind === 'reply';
  const network = `${twin.host.ipv4?.address}/${twin.host.ipv4?.prefixLength}`;
  const isolated = `the provider isolates customers, and the host has the network of ${network} on the wire instead of behind ${twin.host.ipv4?.gateway}`;
  return [
    {
      id: 'neighbour',
      isGreen: reached || !wasReachable,
      summary: `the neighbour ${neighbour}: ${answerWords(answer)}${wasReachable || reached ? '' : ', as before the plan'}`,
      cause: reached || !wasReachable ? null : isolated,
    },
  ];
}

/** Something that need not show in a ping: a route that leads to a port of a bridge. */
export function portRouteCheck(view: TwinView): ProofCheck {
  const cause = portRouteCause(view);
  return {
    id: 'route-over-port',
    isGreen: cause === null,
    summary: cause === null ? 'no route leads to a port of a bridge' : 'a route leads to a port of a bridge',
    cause,
  };
}
