import type { CliContext } from '../context.ts';
import { parseCopy } from '../copy/endpoint.ts';
import { pull } from '../copy/pull.ts';
import { push } from '../copy/push.ts';
import type { CommandInput } from '../input.ts';

export async function run(context: CliContext, input: CommandInput): Promise<number> {
  const copy = parseCopy(input.arguments);
  const user = input.text('user');
  return copy.direction === 'push' ? push(context, copy, user) : pull(context, copy, user);
}
