import type { GuestDetail } from '../api/types.ts';
import { LodgeError } from '../base/errors.ts';
import { type GuestAction, guestCan } from '../model/guest.ts';

/** @throws STATE_REFUSED when the guest's phase does not allow the action, with the command that leads there */
export function refuseUnless({ spec, phase }: GuestDetail, action: GuestAction): void {
  if (guestCan(phase, action)) return;
  throw new LodgeError('STATE_REFUSED', `${spec.name} is ${phase}: ${action} needs a running guest`, {
    hint: guestCan(phase, 'start') ? `lodge start ${spec.name}` : `lodge show ${spec.name}`,
  });
}
