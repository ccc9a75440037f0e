import { hostname, networkInterfaces } from 'node:os';
import { routes } from '../../api/routes.ts';
import type { GuestDetail } from '../../api/types.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import { sshForwardPath } from '../../base/quoting/ssh-path.ts';
import type { CliContext } from '../context.ts';
import { refuseUnless } from '../guest-state.ts';
import type { CommandInput } from '../input.ts';
import { findSshConnection, loginWords } from '../ssh-connection.ts';

// Display :1 by custom; any free port of the user's own machine does.
const LOCAL_PORT = 5901;

export async function run(context: CliContext, input: CommandInput): Promise<number | undefined> {
  const guest = await context.client.request<GuestDetail>('GET', routes.guest(input.first));
  refuseUnless(guest, 'vnc');
  if (input.flag('open')) {
    const { openViewer } = await import('../vnc-viewer.ts');
    return openViewer(context, guest);
  }
  const socket = guest.paths.vncSocket;
  const connection = await findSshConnection(context.env, process.ppid);
  const addresses = Object.values(networkInterfaces()).flatMap((link) => link?.map(({ address }) => address) ?? []);
  const tunnel = loginWords(
    connection,
    addresses,
    hostname(),
    `-N -L ${shellWord(`${LOCAL_PORT}:${sshForwardPath(socket)}`)}`,
  );
  context.output.result({ socket, tunnel, localPort: LOCAL_PORT }, () =>
    [
      `the screen of ${input.first} is behind a unix socket of root's: ${socket}`,
      `from your own machine: ${tunnel}`,
      `then: vncviewer localhost:${LOCAL_PORT - 5900}`,
    ].join('\n'),
  );
}
