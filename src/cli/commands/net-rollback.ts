import { routes } from '../../api/routes.ts';
import type { NetworkPlan, NetworkStatus, RollbackNetwork } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { planNumber } from '../plan-number.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  if (input.first === '') {
    const status = await client.request<NetworkStatus>('POST', routes.networkRollback, {});
    const { transaction } = status;
    return output.result(status, () =>
      transaction === null ? 'nothing was changed' : `plan ${transaction.plan} was taken back: the old network runs`,
    );
  }
  const request: RollbackNetwork = { plan: planNumber(input.first, 0) };
  const plan = await client.request<NetworkPlan>('POST', routes.networkRollback, request);
  output.result(plan, () =>
    renderRollbackPlan(plan, request.plan === 0 ? 'what the provider delivered' : `plan ${request.plan}`),
  );
  if (!output.json)
    output.say(`nothing was changed; next: lodge net prove ${plan.number}, then lodge net apply ${plan.number}`);
}

function renderRollbackPlan({ number, steps, files }: NetworkPlan, goal: string): string {
  const lines = steps.map(({ title }, index) => `${String(index + 1).padStart(3)}. ${title}`);
  const written = files.map(({ path }) => `     ${path}`);
  return [
    `plan ${number} goes back to ${goal}`,
    ...lines,
    ...(written.length > 0 ? ['  and writes', ...written] : []),
  ].join('\n');
}
