import { routes } from '../../api/routes.ts';
import { alreadySo } from '../already-so.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedGuests } from '../named.ts';
import { runOperations } from '../run-operations.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  return runOperations(
    context,
    input,
    await namedGuests(context.client, input),
    (name) => context.client.request('POST', routes.guestAction(name, 'kill'), {}),
    'was killed',
    (name, refusal) => alreadySo(context.client, name, 'kill', refusal),
  );
}
