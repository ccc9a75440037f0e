import { routes } from '../../api/routes.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { renderShellLines } from '../shell-lines.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  const answer = await client.request<{ arguments: string[] }>('GET', routes.guestCommand(input.first));
  const separator = input.flag('shell') ? ' \\\n' : '\n';
  output.result(answer.arguments, () => renderShellLines(answer.arguments).join(separator));
}
