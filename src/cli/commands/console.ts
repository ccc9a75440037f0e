import { REPLAY_HEADER, routes } from '../../api/routes.ts';
import { announceAfter } from '../console-announcement.ts';
import { relayTerminal } from '../console-relay.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';

export async function run({ client, stdin, output }: CliContext, input: CommandInput): Promise<undefined> {
  const { stream, headers } = await client.upgrade(routes.guestConsole(input.first));
  const interactive = stdin.isTTY === true;
  const show = (bytes: Uint8Array) => output.write(bytes);
  const announce = () => output.say(`attached to the serial console of ${input.first}; Ctrl-] leaves it`);
  const replayBytes = Number(headers.get(REPLAY_HEADER) ?? 0);
  const end = await relayTerminal(stream, stdin, interactive ? announceAfter(replayBytes, show, announce) : show);
  if (end === 'closed') output.say(`${interactive ? '\r\n' : ''}the console of ${input.first} was closed`);
  else if (interactive) output.say('\r\nleft the console; the guest goes on');
}
