import { routes } from '../../api/routes.ts';
import { alreadySo } from '../already-so.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedGuests } from '../named.ts';
import { runOperations } from '../run-operations.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const body = { wait: input.flag('wait') };
  return runOperations(
    context,
    input,
    await namedGuests(context.client, input),
    (name) => context.client.request('POST', routes.guestAction(name, 'start'), body),
    'is running',
    async (name, refusal) => {
      const line = await alreadySo(context.client, name, 'start', refusal);
      return body.wait ? `${line}; whether SSH answers was not waited for` : line;
    },
  );
}
