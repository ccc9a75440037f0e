import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { requestExplanation } from '../network-explanation.ts';
import { renderWalk } from '../network-walk-text.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const explanation = await requestExplanation(context, input);
  context.output.result(explanation, () => renderWalk(explanation, context.output.paint));
}
