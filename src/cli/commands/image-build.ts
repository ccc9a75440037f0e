import { routes } from '../../api/routes.ts';
import type { BuildImage } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { runOperations } from '../run-operations.ts';

export function run(context: CliContext, input: CommandInput): Promise<undefined> {
  return runOperations(
    context,
    input,
    [input.first],
    (name) => {
      const body: BuildImage = { name, ...(input.flag('rebuild') ? { rebuild: true } : {}) };
      return context.client.request('POST', routes.imageBuild, body);
    },
    'is ready',
  );
}
