import { assertNever } from '../base/assert-never.ts';
import { LodgeError } from '../base/errors.ts';
import type { GuestPhase } from './guest.ts';

/** What a person wants of a guest that runs. */
export type GuestWish = 'console' | 'vnc' | 'ssh' | 'exec' | 'cp' | 'a password';

/**
 * Why a guest has no console, screen, login or command at this moment, and what to wait for or to do. Said alike by the daemon and
 * the command line.
 *
 * @param operation the id of the work under way on the guest, null when there is none
 */
export function guestRefusal(name: string, phase: GuestPhase, wish: GuestWish, operation: string | null): LodgeError {
  const wait = operation === null ? 'lodge operation ls' : `lodge operation wait ${operation}`;
  const refusal = (message: string, hint: string) => new LodgeError('STATE_REFUSED', `${name} ${message}`, { hint });
  switch (phase) {
    case 'creating':
      return refusal(`is still being made: ${wish} comes when it runs`, wait);
    case 'starting':
      return refusal(`is starting: ${wish} comes when it runs`, wait);
    case 'running':
      return refusal(`runs, but does not answer for ${wish}`, `lodge show ${name}`);
    case 'paused':
      return refusal(`is paused: ${wish} needs a guest that runs`, `lodge restart ${name}`);
    case 'stopping':
      return refusal(`is being shut down: ${wish} needs a guest that runs`, wait);
    case 'stopped':
    case 'crashed':
      return refusal(`is ${phase}: ${wish} needs a running guest`, `lodge start ${name}`);
    case 'failed':
      return refusal(`could not be made: it has no ${wish}`, `lodge show ${name}, then lodge rm ${name}`);
    case 'removing':
      return refusal(`is being removed: it has no ${wish} any more`, wait);
    default:
      return assertNever(phase);
  }
}
