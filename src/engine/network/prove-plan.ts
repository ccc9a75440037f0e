import { LodgeError, type Problem } from '../../base/errors.ts';
import type { HostConfig } from '../../model/host-config.ts';
import { invertChange } from '../../model/network-change.ts';
import type { ConfigFile, NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkIntent } from '../../model/network-intent.ts';
import type { NetworkPlan, NetworkStep, Proof, ProofCheck, ProviderModes } from '../../model/network-plan.ts';
import { PROVIDERS } from '../../model/providers/providers.ts';
import { bootFacts } from '../../plan/layout/boot-facts.ts';
import { checkFiles } from '../../plan/layout/check-files.ts';
import { predictFacts } from '../../plan/layout/predict.ts';
import { sampleGuests } from '../../plan/layout/sample-guests.ts';
import { suppositions } from '../../plan/layout/suppositions.ts';
import { unsaidAddress } from '../../plan/layout/unsaid-address.ts';
import { intentOf } from '../../plan/network-intent.ts';
import { proveBoot, proveInTwin, TWIN_LIMITS, twinAssumptions } from '../../twin/prove.ts';

/** What a layout of ours promises, and the network as the provider delivered it does not. */
const LAYOUTS_OWN: ReadonlySet<string> = new Set(['arp-inner', 'boot-arp-inner']);

export interface ProveInput {
  plan: NetworkPlan;
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
export async function provePlan({ plan, facts, nowMs, signal, onProgress }: ProveInput): Promise<Proof> {
  const startedMs = nowMs();
  const modes = suppositions(plan.host, PROVIDERS[plan.host.provider]);
  const runs: Proof['runs'] = [];
  for (const [index, supposed] of modes.entries()) {
    signal?.throwIfAborted();
    onProgress(
      `a provider that ${supposed.arp === 'asks' ? 'asks by ARP' : 'binds addresses to the MAC'}, IPv6 ${supposed.ipv6}`,
    );
    const checks = await proveSteps(plan, facts, supposed, onProgress);
    const all = index === 0 ? [...checks, ...(await proveAfterBoot(plan, facts, supposed))] : checks;
    runs.push({ modes: supposed, checks: all.filter(({ id }) => plan.layout !== null || !LAYOUTS_OWN.has(id)) });
  }
  return {
    plan: plan.number,
    factsDigest: plan.factsDigest,
    madeAtMs: nowMs(),
    durationMs: nowMs() - startedMs,
    isGreen: runs.every(({ checks }) => checks.every(({ isGreen }) => isGreen)),
    runs,
    assumptions: twinAssumptions(plan.host, facts),
    limits: [...TWIN_LIMITS],
  };
}

async function proveSteps(
  plan: NetworkPlan,
  facts: NetworkFacts,
  modes: ProviderModes,
  onProgress: ProveInput['onProgress'],
): Promise<ProofCheck[]> {
  const changes = plan.steps.map(({ change }) => change);
  const after = predictFacts(facts, changes);
  const forwards = after.sysctls['net/ipv4/ip_forward'] === '1';
  const { guests, unused } = sampleGuests(plan, layer3After(plan.host, after), forwards);
  return proveInTwin({
    host: plan.host,
    facts,
    modes,
    steps: plan.steps,
    inverse: inverseOf(plan),
    guests,
    unused,
    onProgress,
  });
}

/** The same way back that the watchdog would go. */
export function inverseOf({ steps }: Pick<NetworkPlan, 'steps'>): NetworkStep[] {
  return steps.toReversed().map((step) => ({ ...step, change: invertChange(step.change) }));
}

/** The files read back: they say what will run, and a host that boots with them is reachable. */
async function proveAfterBoot(plan: NetworkPlan, facts: NetworkFacts, modes: ProviderModes): Promise<ProofCheck[]> {
  const after = { ...facts, files: filesAfter(plan, facts.files) };
  const intent = intentOf(after);
  const atBoot = [...plan.atBoot.early, ...plan.atBoot.late];
  const predicted = predictFacts(
    facts,
    plan.steps.map(({ change }) => change),
  );
  const problems = plan.files.length === 0 ? [] : checkFiles(intent, atBoot, predicted);
  const said: ProofCheck = {
    id: 'files-say-what-runs',
    isGreen: problems.length === 0,
    summary:
      plan.files.length === 0
        ? 'the plan writes no file, and so none that could say something else than what runs'
        : 'the files say what runs when the plan is done',
    cause: problems.length === 0 ? null : problems.map(problemText).join('; '),
  };
  const booted = await proveBoot({
    host: plan.host,
    facts: bootFacts(facts, plan.host.uplink.name, intent, []),
    atBoot,
    modes,
  });
  return [said, ...booted.map((check) => withOrigin(check, plan.host, facts, intent))];
}

/** The twin does not know why the files lack an address; host.yaml, which has it, is not what a boot reads. */
function withOrigin(check: ProofCheck, host: HostConfig, facts: NetworkFacts, intent: NetworkIntent): ProofCheck {
  const family = check.id === 'boot-host-ipv4' ? 'ipv4' : check.id === 'boot-host-ipv6' ? 'ipv6' : null;
  const why = check.cause === null || family === null ? null : unsaidAddress(host, family, facts, intent);
  return why === null ? check : { ...check, cause: `${check.cause}: ${why}` };
}

/** The configuration files as they will be once the plan is confirmed. */
export function filesAfter({ files }: Pick<NetworkPlan, 'files'>, now: readonly ConfigFile[]): ConfigFile[] {
  const changed = new Map(files.map((file) => [file.path, file]));
  const kept = now.filter(({ path }) => !changed.has(path));
  const written = files.flatMap(({ path, after, mode }) => (after === null ? [] : [{ path, text: after, mode }]));
  return [...kept, ...written].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The link that has the host's main address. */
export function layer3After(host: HostConfig, { addresses }: NetworkFacts): string {
  const main = host.ipv4?.address ?? host.ipv6?.address;
  const found = addresses.find(({ address }) => address === main);
  if (found === undefined) throw new LodgeError('INTERNAL', `the plan leaves ${main ?? 'the host'} on no link`);
  return found.link;
}

function problemText({ path, rule, value }: Problem): string {
  return `${path}: ${rule}${value === null ? '' : ` (${JSON.stringify(value)})`}`;
}
