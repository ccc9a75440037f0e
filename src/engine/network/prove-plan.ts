import { invertChange } from '../../model/network-change.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkPlan, NetworkStep, Proof, ProofCheck, ProviderModes } from '../../model/network-plan.ts';
import { PROVIDERS } from '../../model/providers/providers.ts';
import { predictFacts } from '../../plan/layout/predict.ts';
import { sampleGuests } from '../../plan/layout/sample-guests.ts';
import { suppositions } from '../../plan/layout/suppositions.ts';
import { type NetworkWords, readWords } from '../../twin/boot/words.ts';
import { proveInTwin, TWIN_LIMITS, twinAssumptions } from '../../twin/prove.ts';
import { layer3After } from './layer3-after.ts';
import { proveAfterBoot } from './prove-boot.ts';

/** What a layout of ours promises, and the network as the provider delivered it does not. */
const LAYOUTS_OWN: ReadonlySet<string> = new Set(['arp-inner', 'boot-arp-inner']);

export interface ProveInput {
  plan: NetworkPlan;
  /** The plan in force; null, or left out: the network is as the provider delivered it. */
  inForce?: NetworkPlan | null;
  /** Of now: the plan was made on these very facts. */
  facts: NetworkFacts;
  nowMs(): number;
  signal?: AbortSignal;
  /** `bridged, a provider that asks by ARP: 4 of 17 steps` */
  onProgress(text: string): void;
}

/**
 * Runs a plan in the twin, once for each way the provider may behave, and looks whether its files would bring the host back after a
 * boot. Touches nothing of the host.
 */
export async function provePlan({
  plan,
  inForce = null,
  facts,
  nowMs,
  signal,
  onProgress,
}: ProveInput): Promise<Proof> {
  const startedMs = nowMs();
  const modes = suppositions(plan.host, PROVIDERS[plan.host.provider]);
  const runs: Proof['runs'] = [];
  const parts: NonNullable<Proof['parts']> = [];
  const assumptions = twinAssumptions(plan.host, facts);
  const timed = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    onProgress(what);
    const beganMs = nowMs();
    const answer = await run();
    parts.push({ what, durationMs: nowMs() - beganMs });
    return answer;
  };
  for (const [index, supposed] of modes.entries()) {
    const provider = `a provider that ${supposed.arp === 'asks' ? 'asks by ARP' : 'binds addresses to the MAC'}, IPv6 ${supposed.ipv6}`;
    const { checks, running } = await timed(provider, () => proveSteps(plan, facts, supposed, onProgress));
    if (index === 0) {
      const booted = await timed('the boot', () => proveAfterBoot({ plan, inForce, facts, modes: supposed, running }));
      checks.push(...booted.checks);
      assumptions.push(...booted.assumptions);
    }
    runs.push({ modes: supposed, checks: checks.filter(({ id }) => plan.layout !== null || !LAYOUTS_OWN.has(id)) });
  }
  return {
    plan: plan.number,
    factsDigest: plan.factsDigest,
    madeAtMs: nowMs(),
    durationMs: nowMs() - startedMs,
    isGreen: runs.every(({ checks }) => checks.every(({ isGreen }) => isGreen)),
    runs,
    parts,
    assumptions,
    limits: [...TWIN_LIMITS],
  };
}

/** With what the host's network was before the first step and after the last. */
async function proveSteps(
  plan: NetworkPlan,
  facts: NetworkFacts,
  modes: ProviderModes,
  onProgress: ProveInput['onProgress'],
): Promise<{ checks: ProofCheck[]; running: Record<'before' | 'after', NetworkWords> | null }> {
  const changes = plan.steps.map(({ change }) => change);
  const after = predictFacts(facts, changes);
  const forwards = after.sysctls['net/ipv4/ip_forward'] === '1';
  const { guests, unused } = sampleGuests(plan, layer3After(plan.host, after), forwards);
  const states: Partial<Record<'before' | 'after', NetworkWords>> = {};
  const checks = await proveInTwin({
    host: plan.host,
    facts,
    modes,
    steps: plan.steps,
    inverse: inverseOf(plan),
    guests,
    unused,
    onProgress,
    onState: async (when, { spaces }) => {
      states[when] = await readWords(spaces.nameOf('host'), plan.host.uplink.name);
    },
  });
  const { before, after: changed } = states;
  return { checks, running: before === undefined || changed === undefined ? null : { before, after: changed } };
}

/** The same way back that the watchdog would go. */
export function inverseOf({ steps }: Pick<NetworkPlan, 'steps'>): NetworkStep[] {
  return steps.toReversed().map((step) => ({ ...step, change: invertChange(step.change) }));
}
