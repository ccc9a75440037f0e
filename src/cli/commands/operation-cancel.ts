import { routes } from '../../api/routes.ts';
import type { Operation } from '../../api/types.ts';
import { isLodgeError } from '../../base/errors.ts';
import { operationTitle } from '../../model/operation.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { watchOperation } from '../watch-operation.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const { client, output } = context;
  const cancelling = await client.request<Operation>('POST', routes.operationCancel(input.first));
  // Ending as cancelled is what was asked for; it may also have been done a moment before.
  const ended = await watchOperation(context, cancelling).catch(async (error: unknown) => {
    if (!isLodgeError(error, 'CANCELLED')) throw error;
    return client.request<Operation>('GET', routes.operation(input.first));
  });
  output.result(ended, () => endLine(ended));
}

/** What only waited has nothing taken back: then its last words say what stays. */
function endLine(ended: Operation): string {
  const isLeft = ended.state === 'cancelled' && ended.steps.some(({ state }) => state === 'done');
  const left = isLeft && ended.error !== null ? `; ${ended.error.message}` : '';
  return `${operationTitle(ended)}: ${ended.state}${left}`;
}
