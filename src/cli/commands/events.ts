import { routes } from '../../api/routes.ts';
import type { LodgeEvent } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { renderEvent } from '../event-text.ts';
import type { CommandInput } from '../input.ts';
import { jsonText } from '../output.ts';
import { createProblemList, notAsTyped } from '../problem-list.ts';
import { parseCount } from '../values.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  const problems = createProblemList();
  const since = problems.read('since', input.text('since'), parseCount);
  problems.throwIfAny(notAsTyped('events'));
  const path = since === undefined ? routes.events : `${routes.events}?since=${since}`;
  for await (const event of client.values<LodgeEvent>(path)) {
    output.write(`${output.json ? jsonText(event) : renderEvent(event)}\n`);
  }
}
