import { routes } from '../../api/routes.ts';
import type { GuestDetail } from '../../api/types.ts';
import { confirmRemoval } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { runOperations } from '../run-operations.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const { client } = context;
  if (!input.flag('yes')) {
    // A name that does not exist is not worth a question.
    for (const name of input.arguments) await client.request<GuestDetail>('GET', routes.guest(name));
    await confirmRemoval(context, 'rm', input.arguments, 'with its disk and everything on it');
  }
  return runOperations(context, input, (name) => client.request('DELETE', routes.guest(name)), 'was removed');
}
