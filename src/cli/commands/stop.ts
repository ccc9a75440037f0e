import { routes } from '../../api/routes.ts';
import { alreadySo } from '../already-so.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedGuests } from '../named.ts';
import { runOperations } from '../run-operations.ts';
import { stopTimeout } from '../stop-timeout.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const body = stopTimeout('stop', input);
  return runOperations(
    context,
    input,
    await namedGuests(context.client, input),
    (name) => context.client.request('POST', routes.guestAction(name, 'stop'), body),
    'is stopped',
    (name, refusal) => alreadySo(context.client, name, 'stop', refusal),
  );
}
