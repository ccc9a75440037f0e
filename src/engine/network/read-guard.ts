import { readMacGuard } from '../../host/mac-guard.ts';
import type { GuardReading } from '../../model/network-facts.ts';
import type { NetworkStatus } from '../../model/network-plan.ts';
import { GUARD_TABLE } from '../../render/mac-guard.ts';

/** What the guard of this network namespace has seen since it was loaded; null when none is. Never throws for want of nft or rights. */
export function readGuard(): Promise<GuardReading | null> {
  return readMacGuard(null, GUARD_TABLE);
}

/** The same as `lodge net status` has it. */
export async function readGuardStatus(): Promise<NetworkStatus['guard']> {
  const guard = await readGuard();
  if (guard === null) return { isLoaded: false, uplink: null, droppedFrames: 0, foreignMacs: [] };
  const { uplink, droppedFrames, foreignMacs } = guard;
  return { isLoaded: true, uplink, droppedFrames, foreignMacs };
}
