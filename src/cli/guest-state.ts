import type { GuestDetail } from '../api/types.ts';
import { guestCan } from '../model/guest.ts';
import { guestRefusal } from '../model/guest-refusal.ts';

/** @throws STATE_REFUSED when the guest's phase does not allow it or QEMU does not run yet, with what to wait for or to do */
export function refuseUnless({ spec, phase, pid, operation }: GuestDetail, wish: 'vnc' | 'ssh' | 'cp'): void {
  const isThere = pid !== null || phase === 'running';
  if (!guestCan(phase, wish) || !isThere) throw guestRefusal(spec.name, phase, wish, operation);
}
