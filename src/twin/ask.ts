import type { Twin } from './build.ts';
import { type PingAnswer, pingAll } from './ping.ts';

/** One ping that is to be tried. */
export interface Question {
  /** The namespace it comes from. */
  from: string;
  target: string;
}

/** What became of the pings. One that was never asked is silent. */
export type Answers = (from: string, target: string) => PingAnswer;

/** Asks everything at once, each namespace in one process. */
export async function ask({ spaces }: Twin, questions: readonly Question[]): Promise<Answers> {
  const spacesAsked = [...new Set(questions.map(({ from }) => from))];
  const answered = await Promise.all(
    spacesAsked.map(async (from) => {
      const targets = questions.filter((question) => question.from === from).map(({ target }) => target);
      return [from, await pingAll(spaces, from, targets)] as const;
    }),
  );
  const byPlace = new Map(answered);
  return (from, target) => byPlace.get(from)?.get(target) ?? { kind: 'silent' };
}

/** `reply -> answered`, `loop -> the hop limit ran out at 192.0.2.200` */
export function answerWords(answer: PingAnswer): string {
  switch (answer.kind) {
    case 'reply':
      return 'answered';
    case 'unreachable':
      return `${answer.from} said unreachable`;
    case 'loop':
      return `the hop limit ran out at ${answer.from}`;
    case 'silent':
      return 'no answer';
  }
}
