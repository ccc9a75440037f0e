import type { HostConfig } from '../model/host-config.ts';
import type { NetworkChange } from '../model/network-change.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import type { NetworkStep, ProofCheck, ProviderModes } from '../model/network-plan.ts';
import { buildTwin, closeTwin, type Twin } from './build.ts';
import { type GuestPlug, plugGuest, runChanges, unplugGuest } from './guest.ts';
import { probeBefore, probeTwin } from './probe.ts';
import { compareStates, readState, type TwinState } from './state.ts';
import { transition } from './transition.ts';
import { transitionChecks, type Way } from './transition-checks.ts';
import { readView } from './view.ts';

export { TWIN_LIMITS, twinAssumptions } from './assumptions.ts';

export interface ProofInput {
  host: HostConfig;
  /** What the plan was made on. */
  facts: NetworkFacts;
  /** One supposition about the provider. */
  modes: ProviderModes;
  /** In the order in which `apply` runs them. */
  steps: readonly NetworkStep[];
  /** The way back, in its order: the inverse of the last step is its first. */
  inverse: readonly NetworkStep[];
  /** Plugged in once the steps have run, and taken out before the way back. */
  guests: readonly GuestPlug[];
  /** Addresses the provider sends here and nobody has; left out: the twin chooses some. */
  unused?: readonly string[] | undefined;
  /** Pings that may be lost in each family, there and back each; none by default. */
  lostPings?: number;
  /** From outside, in each family; 100 by default. */
  pingsPerSecond?: number;
  /** Pings alone before the first step of each way, in milliseconds; 200 by default. */
  calmMs?: number;
  /** `4 of 17 steps` */
  onProgress?: ((text: string) => void) | undefined;
  /** Called after each step on the way there: tests plant their faults in it. */
  onStep?: (step: NetworkStep, twin: Twin) => Promise<void> | void;
  /** Called with the twin before the first step, and when all of them have run. */
  onState?: (when: 'before' | 'after', twin: Twin) => Promise<void>;
}

/**
 * Proves a plan under one supposition: builds the twin, runs the steps with pings from outside throughout, plugs guests in and probes,
 * goes the way back, and compares. Red checks name their cause. Touches nothing of the host; everything is gone when it returns.
 *
 * @throws PLAN_REFUSED, COMMAND_FAILED, COMMAND_MISSING when the twin cannot be built
 */
export async function proveInTwin(input: ProofInput): Promise<ProofCheck[]> {
  const twin = await buildTwin({ ...input, label: 'prove' });
  try {
    const before = await probeBefore(twin);
    const state = await readState(twin);
    await input.onState?.('before', twin);
    const there = await walk(twin, input, input.steps, '');
    if (there.isDone) await input.onState?.('after', twin);
    const probes = there.isDone ? await probeWithGuests(twin, input, before.neighbour) : [];
    const way = await wayBack(twin, input, there, state);
    return [...before.checks, ...there.checks, ...probes, ...way];
  } finally {
    await closeTwin(twin);
  }
}

export interface BootInput {
  host: HostConfig;
  /** What the files would bring up at a boot. */
  facts: NetworkFacts;
  /** What Lodge's own unit does at boot, in order. */
  atBoot: readonly NetworkChange[];
  modes: ProviderModes;
}

/**
 * A host that has just booted with files like these, as far as reading them says what comes of it: where their program cannot be run
 * (`boot/`). It is reachable, and no foreign MAC is seen.
 */
export async function proveBoot({ atBoot, ...input }: BootInput): Promise<ProofCheck[]> {
  const twin = await buildTwin({ ...input, origin: 'derived', label: 'boot' });
  try {
    await runChanges(twin, atBoot);
    const checks = await probeTwin(twin, { unused: [], neighbourWasReachable: false });
    return checks.map((check) => ({ ...check, id: `boot-${check.id}`, summary: `after a boot: ${check.summary}` }));
  } finally {
    await closeTwin(twin);
  }
}

/** One way, there (``) or back (`back-`), with its checks. They are made from the host as it is then. */
async function walk(twin: Twin, input: ProofInput, steps: readonly NetworkStep[], way: Way): Promise<Walk> {
  const walked = await transition(twin, steps, {
    pingsPerSecond: input.pingsPerSecond,
    calmMs: input.calmMs,
    onStep: async (step, index) => {
      input.onProgress?.(`${index + 1} of ${steps.length} steps${way === '' ? '' : ' back'}`);
      if (way === '') await input.onStep?.(step, twin);
    },
  });
  const checks = await transitionChecks(walked, () => readView(twin), {
    way,
    lostPings: Math.max(input.lostPings ?? 0, lossOfLeaving(steps, input.pingsPerSecond ?? 100)),
  });
  return { checks, begun: walked.begun, isDone: walked.failed === null };
}

/** How long a port may be deaf when it leaves a bridge, on a busy host. */
const LEAVING_MS = 300;

/**
 * A port that leaves its bridge drops what it hears until the kernel has waited for all readers (del_nbp of net/bridge/br_if.c: the port is
 * disabled, then unregistered): some milliseconds, more on a busy host. Joining loses nothing.
 */
function lossOfLeaving(steps: readonly NetworkStep[], perSecond: number): number {
  return steps.some(({ change }) => change.kind === 'remove-port') ? Math.ceil((LEAVING_MS * perSecond) / 1000) : 0;
}

interface Walk {
  checks: ProofCheck[];
  /** How many steps were begun. */
  begun: number;
  isDone: boolean;
}

async function probeWithGuests(twin: Twin, input: ProofInput, neighbourWasReachable: boolean): Promise<ProofCheck[]> {
  await Promise.all(input.guests.map((guest) => plugGuest(twin, guest)));
  const checks = await probeTwin(twin, { unused: input.unused, neighbourWasReachable });
  await Promise.all(twin.guests.map((guest) => unplugGuest(twin, guest)));
  return checks;
}

/** Undoes what was begun and compares with what was. */
async function wayBack(twin: Twin, input: ProofInput, there: Walk, state: TwinState): Promise<ProofCheck[]> {
  const steps = input.inverse.slice(Math.max(input.inverse.length - there.begun, 0));
  const back = await walk(twin, input, steps, 'back-');
  const differences = compareStates(state, await readState(twin));
  const shown = differences.slice(0, 5).join('; ');
  return [
    ...back.checks,
    {
      id: 'back-state',
      isGreen: differences.length === 0,
      summary: `after the way back ${differences.length} things differ from what was before`,
      cause: differences.length === 0 ? null : shown,
    },
  ];
}
