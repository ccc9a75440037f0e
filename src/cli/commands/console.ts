import { routes } from '../../api/routes.ts';
import { relayTerminal } from '../console-relay.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';

export async function run({ client, stdin, output }: CliContext, input: CommandInput): Promise<undefined> {
  const stream = await client.upgrade(routes.guestConsole(input.first));
  const interactive = stdin.isTTY === true;
  if (interactive) output.say(`attached to the serial console of ${input.first}; Ctrl-] leaves it`);
  const end = await relayTerminal(stream, stdin, (bytes) => output.write(bytes));
  if (end === 'closed') output.say(`${interactive ? '\r\n' : ''}the console of ${input.first} was closed`);
  else if (interactive) output.say('\r\nleft the console; the guest goes on');
}
