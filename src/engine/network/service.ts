import type { HostImport, ImportHost } from '../../model/host-import.ts';
import type { Layout } from '../../model/layout.ts';
import type { NetworkExplanation } from '../../model/network-explanation.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import { explainHost } from './explain.ts';
import { importNetwork } from './import.ts';
import type { Judge } from './judge.ts';
import { observeNetwork } from './observe.ts';

/** The host's network as the API offers it. */
export interface NetworkService {
  facts(): Promise<NetworkFacts>;
  importHost(request: ImportHost): Promise<HostImport>;
  /** Of this host. */
  explain(): Promise<NetworkExplanation>;
  /** Of any host; nothing of this one is read. Bytes and answer as the judge has them. */
  explainFacts(bytes: Uint8Array): Promise<string>;
}

export function createNetworkService({ layout, judge }: { layout: Layout; judge: Judge }): NetworkService {
  const facts = () => observeNetwork({ root: layout.root });
  return {
    facts,
    importHost: async (request) => importNetwork(layout, await facts(), request),
    explain: async () => explainHost(layout, await facts()),
    explainFacts: (bytes) => judge.explain(bytes),
  };
}
