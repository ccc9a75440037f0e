import { routes } from '../../api/routes.ts';
import type { NetworkStatus } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { renderNetworkStatus } from '../network-status-text.ts';

export async function run({ client, output }: CliContext): Promise<undefined> {
  const status = await client.request<NetworkStatus>('GET', routes.networkStatus);
  output.result(status, () => renderNetworkStatus(status, Date.now()));
}
