import { routes } from '../../api/routes.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedGuests } from '../named.ts';
import { runOperations } from '../run-operations.ts';
import { stopTimeout } from '../stop-timeout.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const body = { ...stopTimeout('restart', input), wait: input.flag('wait') };
  return runOperations(
    context,
    input,
    await namedGuests(context.client, input),
    (name) => context.client.request('POST', routes.guestAction(name, 'restart'), body),
    'is running again',
  );
}
