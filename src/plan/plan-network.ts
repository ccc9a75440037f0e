import type { Problem } from '../base/errors.ts';
import type { HostConfig } from '../model/host-config.ts';
import { type AddressChange, invertChange, type NetworkChange } from '../model/network-change.ts';
import type { AddressFact, NetworkFacts, RouteFact } from '../model/network-facts.ts';
import type { NetworkIntent, NetworkOwner } from '../model/network-intent.ts';
import type { NetworkLayout, NetworkPlan, NetworkStep } from '../model/network-plan.ts';
import { bridgedSteps, CARRIED_WHY } from './layout/bridged.ts';
import { existingBridgeSteps } from './layout/existing-bridge.ts';
import { planFiles } from './layout/files.ts';
import { layoutFindings } from './layout/findings.ts';
import { inHostFile, layoutProblems } from './layout/problems.ts';
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
  if (!reading.ok) {
    return { ok: false, problems: reading.problems.map((one) => ({ ...one, path: inHostFile(one.path) })) };
  }
  const situation = reading.value;
  const bridge = bridgeName(input, situation);
  const problems = layoutProblems(situation, input.layout, bridge);
  const files = problems.length > 0 ? null : planFiles(situation, input.layout, bridge, input.intent);
  if (files === null || !files.ok) return { ok: false, problems: [...problems, ...(files?.problems ?? [])] };
  const wanted = layoutSteps(situation, input.layout, bridge);
  const atBoot = changesAtBoot(situation, input.layout, wanted);
  const lasting = new Set<NetworkChange>(atBoot.late);
  const missing = wanted.filter(({ change }) => !(lasting.has(change) && isThere(input.facts, change)));
  const steps = [...missing, ...leavingSteps(input.current, wanted)];
  if (isInForce(input, steps, files.files, atBoot)) return { ok: false, problems: [inForce(input)] };
  return {
    ok: true,
    plan: {
      parent: input.current?.number ?? null,
      createdAtMs: input.nowMs,
      layout: input.layout,
      owner: input.owner,
      host: input.host,
      factsDigest: input.factsDigest,
      steps: numberIds(steps),
      files: files.files,
      atBoot,
      findings: [...layoutFindings(situation, input.layout, input.intent), ...files.findings],
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
  // Of a bridge over the uplink the files say everything but these; its other settings are of the moment of the move. ifupdown brings the
  // port up on its own first, and the link-local address it gets then stays, whatever bridge-utils' script does after it.
  const carried = new Set(steps.flatMap(({ why, change }) => (why === CARRIED_WHY ? [change] : [])));
  const isBridges = (change: NetworkChange) =>
    change.kind === 'add-route' ||
    carried.has(change) ||
    (change.kind === 'set-sysctl' && /\/(arp_ignore|disable_ipv6)$/.test(change.path));
  // That a link forwards by itself is a matter of the guests that make it, not of the boot.
  const isLate = (change: NetworkChange) =>
    change.kind === 'add-route' ||
    (change.kind === 'set-sysctl' && !/\/conf\/(?!all\/)[^/]+\/forwarding$/.test(change.path));
  const isBeside = (change: NetworkChange) => change.kind === 'add-address' && isBesidePeer(situation, change.address);
  const isOurs = layout === 'bridged' ? isBridges : isLate;
  return {
    early: changes.filter(({ kind }) => kind === 'load-guard'),
    late: changes.filter((change) => isOurs(change) || isBeside(change)),
  };
}

/** What lasts and runs already needs no step: the way back must not take it from the plan that is in force. */
function isThere({ sysctls, routes, addresses }: NetworkFacts, change: NetworkChange): boolean {
  if (change.kind === 'set-sysctl') return sysctls[change.path] === change.value;
  if (change.kind === 'add-address') {
    const { link, address, prefixLength, peer } = change.address;
    const isIt = (one: AddressFact) =>
      one.link === link && one.address === address && one.prefixLength === prefixLength;
    return addresses.some((one) => isIt(one) && one.peer === peer);
  }
  if (change.kind !== 'add-route') return false;
  const { destination, type, metric, link } = change.route;
  const isIt = (one: RouteFact) => one.destination === destination && one.type === type && one.metric === metric;
  return routes.some((one) => isIt(one) && one.link === link);
}

/** Planned again with nothing new: the guard that is there is all that is left of it. */
function isInForce(
  { current, layout, facts }: PlanInput,
  steps: readonly NetworkStep[],
  files: readonly unknown[],
  atBoot: NetworkPlan['atBoot'],
): boolean {
  const macs = (list: readonly string[]) => [...list].sort().join();
  const allowed = macs(facts.firewall.guard?.allowedMacs ?? []);
  const isIdle = ({ change }: NetworkStep) => change.kind === 'load-guard' && macs(change.allowedMacs) === allowed;
  const targets = (changes: readonly NetworkChange[]) => changes.map(targetOf).sort().join();
  return (
    current?.layout === layout &&
    files.length === 0 &&
    steps.every(isIdle) &&
    targets(current.atBoot.late) === targets(atBoot.late)
  );
}

function inForce({ current, layout }: PlanInput): Problem {
  const rule = `must be another one, or host.yaml must say something new: plan ${current?.number} is in force and everything it wants is there`;
  return { path: 'layout', rule, value: layout };
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
