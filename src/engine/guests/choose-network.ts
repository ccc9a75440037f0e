import { isLodgeError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { listOccupiedIpv4 } from '../../host/ip.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import { chooseNatNetwork } from '../../plan/nat-network.ts';
import type { Store } from '../../store/store.ts';

const KEY = 'natNetwork';

/** The private network of this instance: chosen once beside what the host's routes hold, then kept. */
export async function natNetworkOf(store: Store, root: string, random: Random): Promise<NatNetwork> {
  const kept = store.settings.get(KEY) as NatNetwork | undefined;
  if (kept !== undefined) return kept;
  const occupiedIpv4 = await listOccupiedIpv4().catch((error: unknown) => {
    // A host without iproute2 gets it by set-up, in the very operation that asks now.
    if (isLodgeError(error, 'COMMAND_MISSING')) return [];
    throw error;
  });
  const chosen =
    (store.settings.get(KEY) as NatNetwork | undefined) ?? chooseNatNetwork({ root, occupiedIpv4, random });
  store.settings.set(KEY, chosen);
  return chosen;
}
