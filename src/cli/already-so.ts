import type { ApiClient } from '../api/client.ts';
import { routes } from '../api/routes.ts';
import type { GuestDetail } from '../api/types.ts';
import { isLodgeError } from '../base/errors.ts';
import type { GuestPhase } from '../model/guest.ts';

const AT_REST: readonly GuestPhase[] = ['stopped', 'crashed'];

/** The phases in which nothing is left to be done for a verb: a script may say it twice. */
const SO_ALREADY = { start: ['running'], stop: AT_REST, kill: AT_REST } as const satisfies Record<
  string,
  readonly GuestPhase[]
>;

/**
 * The API refuses a verb in a phase that does not know it; on the command line the wish is fulfilled when the guest is what was asked for.
 *
 * @returns the line that says so
 * @throws the refusal itself for every other reason
 */
export async function alreadySo(
  client: ApiClient,
  name: string,
  verb: keyof typeof SO_ALREADY,
  refusal: unknown,
): Promise<string> {
  if (!isLodgeError(refusal, 'STATE_REFUSED')) throw refusal;
  const { phase } = await client.request<GuestDetail>('GET', routes.guest(name));
  const phases: readonly GuestPhase[] = SO_ALREADY[verb];
  if (!phases.includes(phase)) throw refusal;
  if (phase === 'crashed') return `${name} does not run already: it had crashed`;
  return phase === 'running' ? `${name} was running already` : `${name} was stopped already`;
}
