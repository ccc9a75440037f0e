import { renderPlanText } from '../../api/network-plan-text.ts';
import { routes } from '../../api/routes.ts';
import type { NetworkPlan, PlanReport } from '../../api/types.ts';
import { LodgeError } from '../../base/errors.ts';
import { NETWORK_LAYOUTS } from '../../model/network-plan.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { renderPlanStanding } from '../network-plan-standing.ts';
import { planNumber } from '../plan-number.ts';
import { createProblemList, notAsTyped } from '../problem-list.ts';
import { oneOf } from '../values.ts';

/** Makes a plan, or shows one that was made. */
export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  if (input.text('layout') === undefined) return show({ client, output }, input);
  const problems = createProblemList();
  const layout = problems.read('layout', input.text('layout'), oneOf(...NETWORK_LAYOUTS));
  problems.throwIfAny(notAsTyped('net plan'));
  if (input.first !== '') throw new LodgeError('USAGE', 'a plan is made by --layout or shown by its number, not both');
  const plan = await client.request<NetworkPlan>('POST', routes.networkPlans, { layout });
  output.result(plan, () => renderPlanText(plan));
  if (!output.json) output.say(`nothing was changed; next: lodge net prove ${plan.number}`);
}

async function show(
  { client, output }: Pick<CliContext, 'client' | 'output'>,
  input: CommandInput,
): Promise<undefined> {
  if (input.first === '') {
    throw new LodgeError('USAGE', 'the layout is missing', {
      hint: `lodge net plan --layout ${NETWORK_LAYOUTS.join('|')}; to show a plan: lodge net plan NUMBER`,
    });
  }
  const report = await client.request<PlanReport>('GET', routes.networkPlan(planNumber(input.first)));
  const { plan, ...standing } = report;
  output.result({ ...plan, ...standing }, () => `${renderPlanStanding(report)}\n${renderPlanText(plan)}`);
}
