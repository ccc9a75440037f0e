import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';

export async function run({ output, answerCompletion }: CliContext, input: CommandInput): Promise<undefined> {
  output.write(await answerCompletion(input.arguments));
}
