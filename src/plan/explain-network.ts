import type { HostConfig } from '../model/host-config.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import type { Finding } from '../model/network-finding.ts';
import type { NetworkIntent } from '../model/network-intent.ts';
import { PROVIDERS } from '../model/providers/providers.ts';
import { EXPLAIN_RULES } from './explain-rules.ts';
import { detectOwner } from './network-owner.ts';
import { sceneOf } from './network-scene.ts';
import { guessProvider } from './provider-guess.ts';

const LEVELS: Record<Finding['level'], number> = { alarm: 0, surprise: 1, note: 2 };

/**
 * What is surprising about a network, in words: alarms first, then surprises, then notes. What cannot be known from the facts is not
 * said: a false alarm costs more than silence.
 *
 * @param host null on a host that Lodge does not manage; rules that need what the provider gave are silent then
 */
export function explainNetwork(facts: NetworkFacts, intent: NetworkIntent, host: HostConfig | null): Finding[] {
  const { owner } = detectOwner(facts);
  const provider = PROVIDERS[host?.provider ?? guessProvider(facts, intent).provider];
  const scene = sceneOf({ facts, intent, host, owner, provider: provider.id === 'generic' ? null : provider });
  const findings = EXPLAIN_RULES.flatMap(({ id, judge }) => judge(scene).map((words): Finding => ({ id, ...words })));
  return findings.sort((a, b) => LEVELS[a.level] - LEVELS[b.level]);
}
