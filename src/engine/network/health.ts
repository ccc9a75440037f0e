import type { Layout } from '../../model/layout.ts';
import { EMPTY_INTENT } from '../../model/network-intent.ts';
import type { GuardFacts, judgeHostNetwork } from '../../plan/doctor-uplink.ts';
import { detectOwner } from '../../plan/network-owner.ts';
import { sceneOf } from '../../plan/network-scene.ts';
import { wantedGuard } from '../../plan/wanted-guard.ts';
import type { Store } from '../../store/store.ts';
import { explainHost } from './explain.ts';
import { readHostConfig } from './host-file.ts';
import { nameMacOwners } from './name-mac-owners.ts';
import { observeNetwork } from './observe.ts';
import { isOpen, readTransaction, viewTransaction } from './transaction.ts';

export interface NetworkHealth {
  guard: GuardFacts;
  network: Parameters<typeof judgeHostNetwork>[0];
}

/** What the doctor asks of the host's network. */
export async function observeNetworkHealth({
  layout,
  store,
}: {
  layout: Layout;
  store: Store;
}): Promise<NetworkHealth> {
  const [facts, transaction, host] = await Promise.all([
    observeNetwork({ root: layout.root }),
    readTransaction(layout),
    readHostConfig(layout).catch(() => null),
  ]);
  const { findings } = await explainHost(layout, facts);
  const { guard } = facts.firewall;
  const { owner } = detectOwner(facts);
  const { uplink, uplinkBridge } = sceneOf({ facts, intent: EMPTY_INTENT, host, owner, provider: null });
  return {
    guard: {
      uplink: uplink?.name ?? null,
      bridge: uplinkBridge?.name ?? null,
      guard,
      foreignMacs: nameMacOwners(store, facts, guard?.foreignMacs ?? []),
      isWanted: wantedGuard(store.networkPlans.current()) !== null,
      hook: facts.abilities.netdevEgress ? 'netdev-egress' : 'bridge',
      bootScript: `${layout.networkDir}/boot.sh`,
    },
    network: {
      transaction: transaction !== null && isOpen(transaction) ? await viewTransaction(transaction) : null,
      findings,
    },
  };
}
