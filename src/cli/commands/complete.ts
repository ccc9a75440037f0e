import { answerCompletion } from '../completion-tree.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { COMMANDS, GROUPS } from '../table.ts';

export async function run({ output, clientIfRunning }: CliContext, input: CommandInput): Promise<undefined> {
  output.write(await answerCompletion(input.arguments, { specs: COMMANDS, groups: GROUPS, client: clientIfRunning }));
}
