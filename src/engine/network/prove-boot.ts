import type { Problem } from '../../base/errors.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkIntent } from '../../model/network-intent.ts';
import type { NetworkPlan, ProofCheck, ProviderModes } from '../../model/network-plan.ts';
import { bootFacts, leasedFacts, unconfiguredFacts } from '../../plan/layout/boot-facts.ts';
import { checkFiles } from '../../plan/layout/check-files.ts';
import { predictFacts } from '../../plan/layout/predict.ts';
import { unsaidAddress } from '../../plan/layout/unsaid-address.ts';
import { intentOf } from '../../plan/network-intent.ts';
import { judgeBoot } from '../../twin/boot/judge-boot.ts';
import { type BootedFiles, bootFiles } from '../../twin/boot/prove-boot.ts';
import type { NetworkWords } from '../../twin/boot/words.ts';
import { proveBoot } from '../../twin/prove.ts';
import { filesAfter } from './files-after.ts';
import { layer3After } from './layer3-after.ts';

export interface BootProof {
  checks: ProofCheck[];
  /** What does not come back today already, what was taken for done, and what could not be run. */
  assumptions: string[];
}

export interface BootProofInput {
  plan: NetworkPlan;
  /** The plan in force, whose changes Lodge's own unit makes at a boot today; null: none. */
  inForce: NetworkPlan | null;
  /** What the plan was made on. */
  facts: NetworkFacts;
  modes: ProviderModes;
  /** What the twin had before the first step and after the last; null where a step failed. */
  running: { before: NetworkWords; after: NetworkWords } | null;
}

/**
 * Whether the host would come back after a boot: its own programs boot the planned files in a twin, and what comes of it is what the steps
 * made. The files of now are booted too, for what they do not bring back today. Where a program cannot be run, what was read in its files
 * has to do, and that is told.
 */
export async function proveAfterBoot(input: BootProofInput): Promise<BootProof> {
  const { plan, inForce, facts, running } = input;
  const after = { ...facts, files: filesAfter(plan, facts.files) };
  const intent = intentOf(after);
  const said = filesCheck(plan, facts, intent);
  const [booted, today] = await Promise.all([
    runFiles(input, after, intent, plan.atBoot),
    plan.files.length === 0 && inForce === null
      ? null
      : runFiles(input, facts, intentOf(facts), inForce?.atBoot ?? { early: [], late: [] }),
  ]);
  if (!booted.boot.ran) {
    const checks = await proveByReading(input, intent);
    return {
      checks: [said, ...checks],
      assumptions: [`a boot could not be tried: ${booted.boot.why}; what its files say was read instead`],
    };
  }
  // Where no file changes the one boot is both: Lodge's unit comes after the system's files.
  const now = today ?? { boot: booted.boot, words: booted.byFiles };
  const changes = plan.steps.map(({ change }) => change);
  const verdict = judgeBoot(
    { running: running?.before ?? [], booted: now },
    { running: running?.after ?? [], booted },
    { now: layer3After(plan.host, facts), after: layer3After(plan.host, predictFacts(facts, changes)) },
  );
  const checks = verdict.checks.filter(({ id }) => running !== null || id !== 'boot-state');
  return {
    checks: [said, ...checks.map((check) => withOrigin(check, plan.host, facts, intent))],
    assumptions: running === null ? [] : verdict.assumptions,
  };
}

function runFiles(
  { plan, modes }: BootProofInput,
  facts: NetworkFacts,
  intent: NetworkIntent,
  atBoot: NetworkPlan['atBoot'],
): Promise<BootedFiles> {
  return bootFiles({
    host: plan.host,
    modes,
    owner: plan.owner,
    unconfigured: unconfiguredFacts(facts, plan.host.uplink.name, intent),
    files: facts.files,
    leased: leasedFacts(facts, intent, plan.owner === 'ifupdown' || plan.owner === 'ifupdown2'),
    atBoot,
  });
}

/** The files read back: they say what will run. */
function filesCheck(plan: NetworkPlan, facts: NetworkFacts, intent: NetworkIntent): ProofCheck {
  const changes = plan.steps.map(({ change }) => change);
  const atBoot = [...plan.atBoot.early, ...plan.atBoot.late];
  const problems = plan.files.length === 0 ? [] : checkFiles(intent, atBoot, predictFacts(facts, changes));
  const none = 'the plan writes no file, and so none that could say something else than what runs';
  return {
    id: 'files-say-what-runs',
    isGreen: problems.length === 0,
    summary: plan.files.length === 0 ? none : 'the files say what runs when the plan is done',
    cause: problems.length === 0 ? null : problems.map(problemText).join('; '),
  };
}

async function proveByReading({ plan, facts, modes }: BootProofInput, intent: NetworkIntent): Promise<ProofCheck[]> {
  const booted = await proveBoot({
    host: plan.host,
    facts: bootFacts(facts, plan.host.uplink.name, intent, []),
    atBoot: [...plan.atBoot.early, ...plan.atBoot.late],
    modes,
  });
  return booted.map((check) => withOrigin(check, plan.host, facts, intent));
}

/** The twin does not know why the files lack an address; host.yaml, which has it, is not what a boot reads. */
function withOrigin(check: ProofCheck, host: HostConfig, facts: NetworkFacts, intent: NetworkIntent): ProofCheck {
  const family = check.id === 'boot-host-ipv4' ? 'ipv4' : check.id === 'boot-host-ipv6' ? 'ipv6' : null;
  const why = check.cause === null || family === null ? null : unsaidAddress(host, family, facts, intent);
  return why === null ? check : { ...check, cause: `${check.cause}: ${why}` };
}

function problemText({ path, rule, value }: Problem): string {
  return `${path}: ${rule}${value === null ? '' : ` (${JSON.stringify(value)})`}`;
}
