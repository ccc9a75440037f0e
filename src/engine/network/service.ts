import type { HostImport, ImportHost } from '../../model/host-import.ts';
import type { Layout } from '../../model/layout.ts';
import type { NetworkExplanation } from '../../model/network-explanation.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import { explainFacts, explainHost } from './explain.ts';
import { importNetwork } from './import.ts';
import { observeNetwork } from './observe.ts';

/** The host's network as the API offers it. */
export interface NetworkService {
  facts(): Promise<NetworkFacts>;
  importHost(request: ImportHost): Promise<HostImport>;
  /** Of this host. */
  explain(): Promise<NetworkExplanation>;
  /** Of any host; nothing of this one is read. */
  explainFacts(facts: NetworkFacts): NetworkExplanation;
}

export function createNetworkService({ layout }: { layout: Layout }): NetworkService {
  const facts = () => observeNetwork({ root: layout.root });
  return {
    facts,
    importHost: async (request) => importNetwork(layout, await facts(), request),
    explain: async () => explainHost(layout, await facts()),
    explainFacts: (given) => explainFacts(given, null),
  };
}
