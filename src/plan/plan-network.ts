import type { Problem } from '../base/errors.ts';
import type { HostConfig } from '../model/host-config.ts';
import { type AddressChange, invertChange, type NetworkChange } from '../model/network-change.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import type { NetworkIntent, NetworkOwner } from '../model/network-intent.ts';
import type { NetworkLayout, NetworkPlan, NetworkStep } from '../model/network-plan.ts';
import { bridgedSteps } from './layout/bridged.ts';
import { existingBridgeSteps } from './layout/existing-bridge.ts';
import { planFiles } from './layout/files.ts';
import { layoutFindings } from './layout/findings.ts';
import { layoutProblems } from './layout/problems.ts';
import { routedSteps } from './layout/routed.ts';
import { readSituation, type Situation } from './layout/situation.ts';
import { numberIds, step } from './layout/steps.ts';
import { servedSubnet, subnetBridgeSteps } from './layout/subnet-bridge.ts';

export interface PlanInput {
  layout: NetworkLayout;
  facts: NetworkFacts;
  /** Of these facts. */
  factsDigest: string;
  host: HostConfig;
  owner: NetworkOwner;
  /** What the files of `owner` say. */
  intent: NetworkIntent;
  /** The plan in force; null: the host is as the provider delivered it. */
  current: NetworkPlan | null;
  nowMs: number;
}

export type PlanReading = { ok: true; plan: Omit<NetworkPlan, 'number'> } | { ok: false; problems: Problem[] };

/**
 * From what is to what is wanted, in numbered steps with an inverse each, and the files that will say so after a boot. Nothing is
 * left to be decided later; the same input gives the same plan.
 */
export function planNetwork(input: PlanInput): PlanReading {
  const reading = readSituation(input.facts, input.host, input.owner);
  if (!reading.ok) return reading;
  const situation = reading.value;
  const bridge = bridgeName(input, situation);
  const problems = layoutProblems(situation, input.layout);
  const files = problems.length > 0 ? null : planFiles(situation, input.layout, bridge, input.intent);
  if (files === null || !files.ok) return { ok: false, problems: [...problems, ...(files?.problems ?? [])] };
  const steps = layoutSteps(situation, input.layout, bridge);
  const atBoot = changesAtBoot(situation, input.layout, steps);
  return {
    ok: true,
    plan: {
      parent: input.current?.number ?? null,
      createdAtMs: input.nowMs,
      layout: input.layout,
      owner: input.owner,
      host: input.host,
      factsDigest: input.factsDigest,
      steps: numberIds([...steps, ...leavingSteps(input.current, steps)]),
      files: files.files,
      atBoot,
      findings: layoutFindings(situation, input.layout, input.intent),
    },
  };
}

function layoutSteps(situation: Situation, layout: NetworkLayout, bridge: string): NetworkStep[] {
  switch (layout) {
    case 'routed':
      return routedSteps(situation);
    case 'bridged':
      return situation.layer3 === situation.uplink ? bridgedSteps(situation, bridge) : existingBridgeSteps(situation);
    case 'subnet-bridge': {
      const subnet = servedSubnet(situation.host);
      // layoutProblems has refused a host without one.
      return subnet === null ? [] : subnetBridgeSteps(situation, bridge, subnet);
    }
  }
}

/** What no dialect of the system's files can say is made by Lodge's own unit: the guard before the network, the rest after it. */
function changesAtBoot(
  situation: Situation,
  layout: NetworkLayout,
  steps: readonly NetworkStep[],
): NetworkPlan['atBoot'] {
  const changes = steps.map(({ change }) => change);
  // Of a bridge over the uplink the files say everything but this; its other settings are of the moment of the move.
  const isBridges = (change: NetworkChange) => change.kind === 'set-sysctl' && change.path.endsWith('/arp_ignore');
  const isLate = ({ kind }: NetworkChange) => kind === 'set-sysctl' || kind === 'add-route';
  const isBeside = (change: NetworkChange) => change.kind === 'add-address' && isBesidePeer(situation, change.address);
  const isOurs = layout === 'bridged' ? isBridges : isLate;
  return {
    early: changes.filter(({ kind }) => kind === 'load-guard'),
    late: changes.filter((change) => isOurs(change) || isBeside(change)),
  };
}

/** The address without a peer that stands beside one with it: no file says it. */
function isBesidePeer({ addresses }: Situation, { address, peer }: AddressChange): boolean {
  return peer === null && addresses.some((one) => one.address === address && one.peer !== null);
}

/** What the plan in force keeps up, and this one does not want: taken back at the end, when everything new is there. */
function leavingSteps(current: NetworkPlan | null, steps: readonly NetworkStep[]): NetworkStep[] {
  const kept = new Set(steps.map(({ change }) => targetOf(change)));
  const old = (current?.atBoot.late ?? []).filter((change) => !kept.has(targetOf(change))).toReversed();
  return old.map((change) => step(invertChange(change), `plan ${current?.number} needed it, this one does not`));
}

function targetOf(change: NetworkChange): string {
  return JSON.stringify(change.kind === 'set-sysctl' ? [change.path, change.value] : change);
}

/** The first name that neither a link nor a file has: `br0` for the uplink's bridge, `br1` and on for others. */
function bridgeName({ layout, intent }: PlanInput, { facts }: Situation): string {
  const taken = new Set([...facts.links.map(({ name }) => name), ...intent.links.map(({ name }) => name)]);
  let number = layout === 'bridged' ? 0 : 1;
  while (taken.has(`br${number}`)) number += 1;
  return `br${number}`;
}
