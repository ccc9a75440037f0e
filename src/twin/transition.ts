import { isLodgeError } from '../base/errors.ts';
import type { Family } from '../model/network-facts.ts';
import type { NetworkStep } from '../model/network-plan.ts';
import type { Twin } from './build.ts';
import { runChanges } from './guest.ts';
import { type PingStream, type StreamLoss, startPings } from './ping-stream.ts';
import { ROUTER_LINK } from './router.ts';
import { pause } from './until.ts';

export interface TransitionOptions {
  /** In each family; 100 by default. */
  pingsPerSecond?: number | undefined;
  /** Pings alone, before the first step; 200 ms by default. */
  calmMs?: number | undefined;
  /** Called after each step. */
  onStep?: ((step: NetworkStep, index: number) => Promise<void> | void) | undefined;
}

export interface FamilyLoss extends Omit<StreamLoss, 'gap'> {
  /** The steps that ran in the longest silence; none where it lay beside them. */
  during: string[];
}

export interface Transition {
  /** null: the host is not reachable from outside in that family by intent. */
  loss: Record<Family, FamilyLoss | null>;
  /** The step that failed and what the program said. Steps after it were not begun. */
  failed: { step: NetworkStep; reason: string } | null;
  /** How many steps were begun. */
  begun: number;
  durationMs: number;
}

/** Before the first step and after the last: what is on its way then belongs to the change too. */
const CALM_MS = 200;
const SETTLE_MS = 500;

interface Span {
  id: string;
  fromMs: number;
  toMs: number;
}

/** Runs a plan's steps in order, by production's runner, with pings to the host from outside throughout. */
export async function transition(
  twin: Twin,
  steps: readonly NetworkStep[],
  options: TransitionOptions = {},
): Promise<Transition> {
  const streams = await openStreams(twin, options.pingsPerSecond ?? 100);
  const spans: Span[] = [];
  let failed: Transition['failed'] = null;
  let losses: { family: Family; loss: StreamLoss }[] = [];
  try {
    await pause(options.calmMs ?? CALM_MS);
    for (const [index, step] of steps.entries()) {
      const fromMs = Date.now();
      failed = await runStep(twin, step);
      spans.push({ id: step.id, fromMs, toMs: Date.now() });
      if (failed !== null) break;
      await options.onStep?.(step, index);
    }
    await forgetNeighbours(twin);
    await pause(SETTLE_MS);
  } finally {
    losses = await Promise.all(streams.map(async ({ family, stream }) => ({ family, loss: await stream.stop() })));
  }
  const lossOf = (family: Family) => {
    const found = losses.find((candidate) => candidate.family === family);
    return found === undefined ? null : withSteps(found.loss, spans);
  };
  const durationMs = (spans.at(-1)?.toMs ?? 0) - (spans[0]?.fromMs ?? 0);
  return { loss: { ipv4: lossOf('ipv4'), ipv6: lossOf('ipv6') }, failed, begun: spans.length, durationMs };
}

/**
 * The provider's router has to ask again who the host is: what it remembers from before would hide for minutes that nobody answers any
 * more. Packets wait for the answer; none is lost by it.
 */
async function forgetNeighbours({ spaces }: Twin): Promise<void> {
  await spaces.run('router', 'ip', ['neighbour', 'flush', 'dev', ROUTER_LINK]);
}

async function runStep(twin: Twin, step: NetworkStep): Promise<Transition['failed']> {
  try {
    await runChanges(twin, [step.change], step.timeoutMs);
    return null;
  } catch (error) {
    if (isLodgeError(error, 'COMMAND_FAILED') || isLodgeError(error, 'TIMED_OUT'))
      return { step, reason: error.message };
    throw error;
  }
}

async function openStreams(twin: Twin, perSecond: number): Promise<{ family: Family; stream: PingStream }[]> {
  const { host, modes, spaces } = twin;
  const targets = [
    { family: 'ipv4' as const, space: 'internet4', target: host.ipv4?.address },
    { family: 'ipv6' as const, space: 'internet6', target: modes.ipv6 === 'none' ? null : host.ipv6?.address },
  ];
  return Promise.all(
    targets.flatMap(({ family, space, target }) =>
      target === null || target === undefined
        ? []
        : [startPings(spaces, { family, space, target, perSecond }).then((stream) => ({ family, stream }))],
    ),
  );
}

function withSteps({ gap, ...loss }: StreamLoss, spans: readonly Span[]): FamilyLoss {
  const during = spans.filter(({ fromMs, toMs }) => fromMs < gap.toMs && toMs > gap.fromMs).map(({ id }) => id);
  return { ...loss, during };
}
