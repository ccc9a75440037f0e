import { routes } from '../../api/routes.ts';
import type { Operation } from '../../api/types.ts';
import { formatDuration } from '../../base/clock.ts';
import { renderTable } from '../../base/text-table.ts';
import { operationTitle } from '../../model/operation.ts';
import type { CliContext } from '../context.ts';
import { formatInstant } from '../instant.ts';

export async function run({ client, output }: CliContext): Promise<undefined> {
  const operations = await client.request<Operation[]>('GET', routes.operations);
  output.result(operations, () => (operations.length === 0 ? '' : renderOperations(operations, Date.now())));
  if (operations.length === 0) output.say('no operations yet: lodge create web1 begins the first one');
}

function renderOperations(operations: readonly Operation[], nowMs: number): string {
  const rows = [['ID', 'WHAT', 'STATE', 'BEGUN', 'TOOK']];
  for (const operation of operations) {
    const took = formatDuration((operation.endedAtMs ?? nowMs) - operation.createdAtMs);
    rows.push([operation.id, operationTitle(operation), operation.state, formatInstant(operation.createdAtMs), took]);
  }
  return renderTable(rows);
}
