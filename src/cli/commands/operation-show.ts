import { routes } from '../../api/routes.ts';
import type { Operation } from '../../api/types.ts';
import { renderSection } from '../../base/text-table.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { formatInstant } from '../instant.ts';
import { renderProgress } from '../progress-text.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  const operation = await client.request<Operation>('GET', routes.operation(input.first));
  output.result(operation, () => {
    const size = { columns: 200, rows: Number.POSITIVE_INFINITY };
    const steps = renderProgress(operation, { nowMs: Date.now(), ...size, paint: output.paint });
    const facts = renderSection(`operation ${operation.id}`, [
      ['state', operation.state],
      ['begun', formatInstant(operation.createdAtMs)],
      ['ended', operation.endedAtMs === null ? null : formatInstant(operation.endedAtMs)],
      ['error', operation.error?.message ?? null],
      ['hint', operation.error?.hint ?? null],
    ]);
    return `${facts}\n${steps.join('\n')}\n`;
  });
}
