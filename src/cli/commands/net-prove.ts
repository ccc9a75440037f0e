import { renderProofText } from '../../api/proof-text.ts';
import { routes } from '../../api/routes.ts';
import type { Operation, PlanReport } from '../../api/types.ts';
import { EXIT } from '../../base/error-codes.ts';
import { LodgeError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { typedOrNewestPlan } from '../plan-number.ts';
import { watchOperation } from '../watch-operation.ts';

export async function run(context: CliContext, input: CommandInput): Promise<number> {
  const { client, output } = context;
  const number = await typedOrNewestPlan(context, input.first);
  await watchOperation(context, await client.request<Operation>('POST', routes.networkProve(number)));
  const { proof } = await client.request<PlanReport>('GET', routes.networkPlan(number));
  if (proof === null) throw new LodgeError('INTERNAL', `plan ${number} has no proof after it was proven`);
  output.result(proof, () => renderProofText(proof));
  if (!output.json) {
    output.say(
      proof.isGreen
        ? `next: lodge net apply ${number}`
        : 'nothing was changed; next: mend what the causes name, then lodge net plan --layout … anew',
    );
  }
  return proof.isGreen ? EXIT.done : EXIT.failed;
}
