import { routes } from '../../api/routes.ts';
import type { DaemonStatus } from '../../api/types.ts';
import { formatSize } from '../../base/size.ts';
import { renderSection } from '../../base/text-table.ts';
import type { CliContext } from '../context.ts';
import { formatInstant } from '../instant.ts';

export async function run({ clientIfRunning, output }: CliContext): Promise<undefined> {
  const status = await clientIfRunning.request<DaemonStatus>('GET', routes.daemon);
  output.result(status, () => renderDaemonStatus(status));
}

export function renderDaemonStatus(status: DaemonStatus): string {
  return renderSection(`the daemon is running, version ${status.version}`, [
    ['pid', String(status.pid)],
    ['since', formatInstant(status.startedAtMs)],
    ['guests', `${status.guests.defined} defined, ${status.guests.running} running`],
    ['memory', formatSize(status.memoryBytes)],
    ...(status.proxies === 'no proxy' ? [] : [['proxy', status.proxies] as const]),
    ['root', status.root === '' ? '/' : status.root],
  ]);
}
