import { routes } from '../../api/routes.ts';
import { TerminalStream } from '../../base/terminal-text.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { jsonText } from '../output.ts';
import { createProblemList, notAsTyped } from '../problem-list.ts';
import { oneOf, parseCount } from '../values.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  const problems = createProblemList();
  const source = problems.read('source', input.text('source'), oneOf('serial', 'qemu')) ?? 'serial';
  const tail = problems.read('tail', input.text('tail'), parseCount);
  problems.throwIfAny(notAsTyped('logs', input.first));
  const query = new URLSearchParams({ source });
  if (tail !== undefined) query.set('tail', String(tail));
  if (input.flag('follow')) query.set('follow', '1');
  const { body } = await client.bytes('GET', `${routes.guestLogs(input.first)}?${query}`);
  if (output.json) return printLines(body, output.write);
  // The daemon has filtered it; what filters here as well does not ask which daemon that is.
  const text = new TerminalStream();
  for await (const chunk of body) output.write(text.push(chunk));
  output.write(text.end());
}

/** Under `--json` each line is an object of its own. */
async function printLines(body: AsyncIterable<Buffer>, write: (text: string) => void): Promise<undefined> {
  const { splitLines } = await import('../../api/client-wire.ts');
  for await (const line of splitLines(body)) write(`${jsonText({ line })}\n`);
}
