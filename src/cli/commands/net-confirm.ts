import { routes } from '../../api/routes.ts';
import type { ConfirmNetwork, NetworkStatus, Operation } from '../../api/types.ts';
import { isChangeBeingMade } from '../../model/change-being-made.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { findSshConnection } from '../ssh-connection.ts';

export async function run({ client, env, output }: CliContext, input: CommandInput): Promise<undefined> {
  const request: ConfirmNetwork = {
    token: input.first,
    connection: await findSshConnection(env, process.ppid),
    ...(input.flag('from-console') ? { fromConsole: true } : {}),
  };
  const making = (await client.request<Operation[]>('GET', routes.operations)).find(isChangeBeingMade);
  if (making !== undefined)
    output.say(`plan ${making.subject} is still being made: it is confirmed as soon as it runs`);
  const status = await client.request<NetworkStatus>('POST', routes.networkConfirm, request);
  output.result(
    status,
    () => `confirmed: plan ${status.plan} is in force, its files are written and the next boot does the same`,
  );
}
