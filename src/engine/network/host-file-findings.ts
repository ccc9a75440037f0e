import type { Layout } from '../../model/layout.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { Finding } from '../../model/network-finding.ts';
import { HOST_CONFIG_UNREADABLE } from './explain.ts';
import { hostFileOf } from './host-file.ts';
import { observedHostFile } from './observed-host-file.ts';

/** That host.yaml is not there or cannot be used, for a host that has plans. */
export function hostFileFindings(layout: Layout, facts: NetworkFacts): Finding[] {
  const read = observedHostFile(facts);
  const path = hostFileOf(layout);
  if (read === null) {
    return [
      {
        id: 'host-config-missing',
        level: 'alarm',
        what: `${path} is not there, and no plan can be made without it`,
        cause: 'it was removed or moved since a plan was made.',
        consequence: 'what the provider gave is not known; what is in force stays in force.',
        fix: 'lodge net import',
      },
    ];
  }
  if (read.ok) return [];
  const count = read.problems.length === 1 ? 'a mistake' : `${read.problems.length} mistakes`;
  return [
    {
      id: HOST_CONFIG_UNREADABLE,
      level: 'alarm',
      what: `${path} has ${count}, and no plan can be made before ${read.problems.length === 1 ? 'it is' : 'they are'} mended`,
      cause: 'it was edited since a plan was made.',
      consequence: 'what the provider gave is not known; what is in force stays in force.',
      fix: 'lodge net explain',
    },
  ];
}
