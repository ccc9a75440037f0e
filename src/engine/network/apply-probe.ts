import { isIPv4, isIPv6 } from 'node:net';
import { sleep } from '../../base/clock.ts';
import { readIfPresent } from '../../host/files.ts';
import { isReachable, neighbourAnswers } from '../../host/reach.ts';
import type { Family, NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';

const ONE_TRY_MS = 2000;
const LIMIT_MS = 12_000;

/** What was known before the change. */
export interface Before {
  /** Addresses outside that answered. */
  reachable: readonly string[];
  droppedFrames: number;
}

/** Whether the network works, as far as a machine can tell. A twin and tests have their own. */
export interface NetworkProbe {
  /** Which of the addresses answer now. */
  reachable(targets: readonly string[]): Promise<string[]>;
  /** What does not work, a line for each: empty when all is well. Asks again until its time is over. */
  problems(plan: NetworkPlan, before: Before): Promise<string[]>;
}

export function createNetworkProbe(observe: () => Promise<NetworkFacts>): NetworkProbe {
  return {
    async reachable(targets) {
      const answers = await Promise.all(targets.map((target) => isReachable(target, ONE_TRY_MS)));
      return targets.filter((_, index) => answers[index]);
    },
    async problems(plan, before) {
      for (const end = Date.now() + LIMIT_MS; ; await sleep(300)) {
        const problems = await findProblems(plan, before, await observe());
        if (problems.length === 0 || Date.now() > end) return problems;
      }
    },
  };
}

/** Addresses outside that may answer: the host's name servers and what the owner names. */
export async function findTargets(root: string, named: readonly string[]): Promise<string[]> {
  const text = (await readIfPresent(`${root}/etc/resolv.conf`)) ?? '';
  const servers = [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].flatMap(([, address]) => address ?? []);
  const isOutside = (address: string) => !/^(127\.|::1$|fe80:)/.test(address);
  return [...new Set([...named, ...servers])].filter((one) => (isIPv4(one) || isIPv6(one)) && isOutside(one));
}

async function findProblems(plan: NetworkPlan, before: Before, facts: NetworkFacts): Promise<string[]> {
  const found = await Promise.all([
    ...gatewaysOf(plan).map(({ family, gateway }) => checkGateway(family, gateway, facts)),
    ...(['ipv4', 'ipv6'] as const).map((family) => checkOutside(family, before.reachable)),
    checkGuard(facts, before.droppedFrames),
  ]);
  return found.flat();
}

function gatewaysOf({ host }: NetworkPlan): { family: Family; gateway: string }[] {
  return [
    ...(host.ipv4 === null ? [] : [{ family: 'ipv4' as const, gateway: host.ipv4.gateway }]),
    ...(host.ipv6 === null ? [] : [{ family: 'ipv6' as const, gateway: host.ipv6.gateway }]),
  ];
}

/** The default route leads to the gateway over a link that works, and the gateway answers there. */
async function checkGateway(family: Family, gateway: string, { routes, links }: NetworkFacts): Promise<string[]> {
  const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
  const defaults = routes.filter((route) => route.family === family && route.destination === 'default');
  const route = defaults.find(({ via, table }) => via === gateway && table === 'main');
  if (route?.link == null) {
    const there = defaults.map(({ via, link }) => `via ${via} on ${link}`).join(', ') || 'none at all';
    return [`the ${name} default route should lead to ${gateway}, there is ${there}`];
  }
  const link = links.find((one) => one.name === route.link);
  if (link !== undefined && !link.flags.includes('UP'))
    return [`${route.link}, which has the ${name} default route, is down`];
  if (await neighbourAnswers(gateway, route.link, ONE_TRY_MS)) return [];
  return [`the ${name} gateway ${gateway} does not answer on ${route.link}`];
}

async function checkOutside(family: Family, reachable: readonly string[]): Promise<string[]> {
  const targets = reachable.filter((one) => (family === 'ipv4' ? isIPv4(one) : isIPv6(one)));
  if (targets.length === 0) return [];
  const answers = await Promise.all(targets.map((target) => isReachable(target, ONE_TRY_MS)));
  if (answers.includes(true)) return [];
  return [`nothing outside answers over ${family === 'ipv4' ? 'IPv4' : 'IPv6'} any more: ${targets.join(', ')}`];
}

async function checkGuard({ firewall }: NetworkFacts, droppedBefore: number): Promise<string[]> {
  const guard = firewall.guard;
  if (guard === null || guard.droppedFrames <= droppedBefore) return [];
  const macs = guard.foreignMacs.join(', ') || 'unknown';
  return [
    `${guard.droppedFrames - droppedBefore} frames with MACs that the provider does not know tried to leave: ${macs}`,
  ];
}
