import type { Problem } from '../base/errors.ts';
import type { GuestSpec } from '../model/guest.ts';
import { brokenConnectionsRule, brokenMemoryRule, brokenVcpusRule } from '../model/guest-numbers.ts';
import { PC_VCPUS_MAX } from '../render/qemu-refusals.ts';

/** What the host has of what guests share. */
export interface HostResources {
  memoryMiB: number;
  cpuCount: number;
}

/** Of what create and set ask for; one problem for each field. */
export function resourceProblems(
  { memoryMiB, vcpus, machine, nic }: Pick<GuestSpec, 'memoryMiB' | 'vcpus' | 'machine' | 'nic'>,
  host: HostResources,
): Problem[] {
  const { maxConnections } = nic;
  const rules = [
    { path: 'memoryMiB', rule: memoryRule(memoryMiB, host), value: memoryMiB },
    { path: 'vcpus', rule: vcpusRule(vcpus, machine, host), value: vcpus },
    {
      path: 'maxConnections',
      rule: (maxConnections ?? null) === null ? null : must(brokenConnectionsRule(Number(maxConnections))),
      value: maxConnections,
    },
  ];
  return rules.flatMap(({ path, rule, value }) => (rule === null ? [] : [{ path, rule, value }]));
}

/** Of too much the host's own end is told: it comes first, but on a host larger than any guest. */
function memoryRule(memoryMiB: number, host: HostResources): string | null {
  if (memoryMiB > host.memoryMiB) return `must fit the host, which has ${host.memoryMiB} MiB`;
  return must(brokenMemoryRule(memoryMiB));
}

function vcpusRule(vcpus: number, machine: GuestSpec['machine'], host: HostResources): string | null {
  if (vcpus > 4 * host.cpuCount) return `must be at most four times the host's ${host.cpuCount} processors`;
  if (machine === 'pc' && vcpus > PC_VCPUS_MAX) return `must be at most ${PC_VCPUS_MAX} on the machine pc`;
  return must(brokenVcpusRule(vcpus));
}

function must(be: string | null): string | null {
  return be === null ? null : `must be ${be}`;
}
