import { explainError, isLodgeError, type LodgeError, problemText } from '../../base/errors.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { Layout } from '../../model/layout.ts';
import type { NetworkExplanation } from '../../model/network-explanation.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { Finding } from '../../model/network-finding.ts';
import { explainNetwork } from '../../plan/explain-network.ts';
import { intentOf } from '../../plan/network-intent.ts';
import { detectOwner } from '../../plan/network-owner.ts';
import { walkNetwork } from '../../plan/network-walk.ts';
import { hostFileOf, readHostConfig } from './host-file.ts';

/** The walk and the findings for facts of whatever host; `host` is what its provider gave it, where that is known. */
export function explainFacts(facts: NetworkFacts, host: HostConfig | null): NetworkExplanation {
  const { hostname, kernelRelease, takenAtMs } = facts;
  const { owner, reason } = detectOwner(facts);
  return {
    hostname,
    kernelRelease,
    takenAtMs,
    owner,
    ownerReason: reason,
    walk: walkNetwork(facts, host),
    findings: explainNetwork(facts, intentOf(facts), host),
  };
}

/** The same for this host. A host.yaml that cannot be read is a finding, because the rest can be told without it. */
export async function explainHost(layout: Layout, facts: NetworkFacts): Promise<NetworkExplanation> {
  try {
    return explainFacts(facts, await readHostConfig(layout));
  } catch (error) {
    if (isLodgeError(error, 'HOST_CONFIG_MISSING')) return explainFacts(facts, null);
    if (!isLodgeError(error, 'VALIDATION_FAILED')) throw error;
    const explanation = explainFacts(facts, null);
    return { ...explanation, findings: [unreadable(hostFileOf(layout), error), ...explanation.findings] };
  }
}

export const HOST_CONFIG_UNREADABLE = 'host-config-unreadable';

function unreadable(path: string, error: LodgeError): Finding {
  return {
    id: HOST_CONFIG_UNREADABLE,
    level: 'alarm',
    what: `${path} cannot be used`,
    cause: causeOf(error),
    consequence: 'what the provider gave is not known: some things are not looked for, and no layout can be planned.',
    fix: `mend it, or let it be written anew: lodge net import --replace`,
  };
}

/** Each mistake in a line of its own; one alone needs none. */
function causeOf(error: LodgeError): string {
  const problems = (error.problems ?? []).map(problemText);
  if (problems.length < 2) return problems[0] ?? explainError(error);
  return [`it has ${problems.length} mistakes`, ...problems].join('\n');
}
