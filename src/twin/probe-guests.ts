import type { Family } from '../model/network-facts.ts';
import type { ProofCheck } from '../model/network-plan.ts';
import { type Answers, answerWords, type Question } from './ask.ts';
import type { Twin } from './build.ts';
import { guestCause } from './cause-guest.ts';
import type { PluggedGuest } from './guest.ts';
import type { TcpWish } from './tcp.ts';
import type { TwinView } from './view.ts';

interface GuestEnds {
  guest: PluggedGuest;
  family: Family;
  space: string;
  own: string;
  outside: string;
}

function guestEnds({ guests, modes, addresses }: Twin): GuestEnds[] {
  return guests.flatMap((guest) => [
    ...(guest.ipv4 === undefined
      ? []
      : [
          { guest, family: 'ipv4', space: 'internet4', own: guest.ipv4, outside: addresses.internet4.outside } as const,
        ]),
    ...(guest.ipv6 === undefined || modes.ipv6 === 'none'
      ? []
      : [
          { guest, family: 'ipv6', space: 'internet6', own: guest.ipv6, outside: addresses.internet6.outside } as const,
        ]),
  ]);
}

export function guestQuestions(twin: Twin): Question[] {
  return guestEnds(twin).flatMap(({ guest, space, own, outside }) => [
    { from: space, target: own },
    { from: guest.name, target: outside },
  ]);
}

/** Both ways. */
export function guestConnections(twin: Twin): TcpWish[] {
  return guestQuestions(twin).map(({ from, target }) => ({ space: from, target }));
}

/** Every guest in each family, from outside and to outside: by ping, and by one TCP connection. */
export function guestChecks(
  twin: Twin,
  answers: Answers,
  connections: ReadonlyMap<string, string>,
  view: TwinView,
): ProofCheck[] {
  return guestEnds(twin).flatMap(({ guest, family, space, own, outside }) => {
    const cause = () => guestCause(view, guest, family);
    const check = (way: 'in' | 'out', from: string, target: string): ProofCheck => {
      const answer = answers(from, target);
      const tcp = connections.get(`${from} ${target}`) ?? 'not tried';
      const isGreen = answer.kind === 'reply' && tcp === 'ok';
      const words = way === 'in' ? `${own} of ${guest.name} from outside` : `${guest.name} to outside from ${own}`;
      return {
        id: `guest-${family}-${way}-${guest.name}`,
        isGreen,
        summary: `${words}: ping ${answerWords(answer)}, TCP ${tcp}`,
        cause: isGreen ? null : cause(),
      };
    };
    return [check('in', space, own), check('out', guest.name, outside)];
  });
}
