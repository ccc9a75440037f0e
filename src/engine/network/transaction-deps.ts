import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Layout } from '../../model/layout.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../log.ts';
import type { FaultPoint } from '../operations/fault.ts';
import type { Operations } from '../operations/operations.ts';
import type { NetworkProbe } from './apply-probe.ts';

/** What changing the host's network reaches. */
export interface TransactionDeps {
  store: Store;
  layout: Layout;
  clock: Clock;
  random: Random;
  log: Log;
  fault: FaultPoint;
  operations: Operations;
  observe(): Promise<NetworkFacts>;
  digest(facts: NetworkFacts): string;
  /** Whether the files, once written, say what runs: a line for each difference. */
  checkFiles(plan: NetworkPlan): Promise<string[]>;
  probe: NetworkProbe;
}
