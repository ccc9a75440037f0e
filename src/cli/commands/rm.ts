import { routes } from '../../api/routes.ts';
import type { GuestDetail } from '../../api/types.ts';
import { confirmRemoval } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedGuests } from '../named.ts';
import { runOperations } from '../run-operations.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const { client } = context;
  const names = await namedGuests(client, input);
  if (!input.flag('yes')) {
    // A name that does not exist is not worth a question.
    if (names.length === 1) await client.request<GuestDetail>('GET', routes.guest(input.first));
    await confirmRemoval(context, 'rm', names, 'with its disk and everything on it');
  }
  return runOperations(context, input, names, (name) => client.request('DELETE', routes.guest(name)), 'was removed');
}
