import { routes } from '../../api/routes.ts';
import type { Operation } from '../../api/types.ts';
import { operationTitle } from '../../model/operation.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { watchOperation } from '../watch-operation.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const operation = await context.client.request<Operation>('GET', routes.operation(input.first));
  const ended = await watchOperation(context, operation);
  context.output.result(ended, () => `${operationTitle(ended)}: done`);
}
