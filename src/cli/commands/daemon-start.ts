import { routes } from '../../api/routes.ts';
import type { DaemonStatus } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { renderDaemonStatus } from './daemon-status.ts';

export async function run({ client, output }: CliContext): Promise<undefined> {
  const status = await client.request<DaemonStatus>('GET', routes.daemon);
  output.result(status, () => renderDaemonStatus(status));
}
