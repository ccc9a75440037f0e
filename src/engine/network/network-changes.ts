import { createNetworkProbe } from './apply-probe.ts';
import { digestFacts, observeNetwork } from './observe.ts';
import type { TransactionDeps } from './transaction-deps.ts';

type Given = Omit<TransactionDeps, 'observe' | 'digest' | 'probe'>;

/** Changing the network of this host and of no other: what it looks at and how it is probed. */
export function createNetworkChanges(given: Given): TransactionDeps {
  const observe = () => observeNetwork({ root: given.layout.root });
  return { ...given, observe, digest: digestFacts, probe: createNetworkProbe(observe) };
}
