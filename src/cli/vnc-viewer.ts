import { accessSync, constants } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { routes } from '../api/routes.ts';
import type { GuestDetail } from '../api/types.ts';
import { LodgeError } from '../base/errors.ts';
import type { CliContext } from './context.ts';
import { runViewer } from './spawn.ts';

type Viewer = { program: string; socket?: (path: string) => string[]; port: (port: number) => string[] };

/** The first one that is installed is taken. TigerVNC's viewer can use a unix socket (its man page, since 1.11). */
const VIEWERS: readonly Viewer[] = [
  { program: 'xtigervncviewer', socket: (path) => [path], port: (port) => [`127.0.0.1::${port}`] },
  { program: 'vncviewer', port: (port) => [`127.0.0.1::${port}`] },
  { program: 'remote-viewer', port: (port) => [`vnc://127.0.0.1:${port}`] },
  // takes a display number and adds 5900 to it
  { program: 'gvncviewer', port: (port) => [`127.0.0.1:${port - 5900}`] },
  { program: 'vinagre', port: (port) => [`127.0.0.1::${port}`] },
  { program: 'krdc', port: (port) => [`vnc://127.0.0.1:${port}`] },
];

/**
 * Starts a viewer and ends with it. Its exit code is ours.
 *
 * @throws DISPLAY_MISSING where no window can be shown, COMMAND_MISSING without a viewer
 */
export async function openViewer(context: CliContext, guest: GuestDetail): Promise<number> {
  const { output, env } = context;
  if (!hasDisplay(env)) {
    throw new LodgeError('DISPLAY_MISSING', 'there is no display here: a viewer needs one for its window', {
      hint: `log in with ssh -X, or for a tunnel from your own machine: lodge vnc ${guest.spec.name}`,
    });
  }
  const viewer = VIEWERS.find(({ program }) => isInstalled(program, env.PATH ?? ''));
  if (viewer === undefined) {
    throw new LodgeError('COMMAND_MISSING', 'no VNC viewer is installed here', {
      hint: `apt install tigervnc-viewer; or from your own machine: lodge vnc ${guest.spec.name}`,
    });
  }
  const { vncSocket } = guest.paths;
  if (viewer.socket !== undefined && canUse(vncSocket)) {
    return endWith(viewer, await runViewer(viewer.program, viewer.socket(vncSocket)));
  }
  const port = await relayOnce(async () => (await context.client.upgrade(routes.guestVnc(guest.spec.name))).stream);
  output.say(
    `${viewer.program} reaches the guest through 127.0.0.1:${port}, which takes one connection and is closed then`,
  );
  return endWith(viewer, await runViewer(viewer.program, viewer.port(port)));

  function endWith({ program }: Viewer, { exitCode, said }: Awaited<ReturnType<typeof runViewer>>): number {
    if (exitCode !== 0) output.say(`${program} ended with ${exitCode}${said === '' ? '' : `: ${said}`}`);
    return exitCode;
  }
}

function hasDisplay(env: CliContext['env']): boolean {
  return (env.DISPLAY ?? '') !== '' || (env.WAYLAND_DISPLAY ?? '') !== '';
}

/**
 * Listens on a free loopback port for exactly one connection and joins it to a stream. A loopback port has no login:
 * whoever is on the host could take it, so it is closed with the first who comes.
 */
export async function relayOnce(open: () => Promise<Socket>): Promise<number> {
  const server = createServer({ pauseOnConnect: true }, (viewer) => {
    server.close();
    viewer.on('error', () => undefined);
    open().then(
      (guest) => {
        guest.pipe(viewer).pipe(guest);
        viewer.once('close', () => guest.destroy());
        guest.once('close', () => viewer.destroy());
      },
      () => viewer.destroy(),
    );
  });
  server.maxConnections = 1;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  return (server.address() as AddressInfo).port;
}

function isInstalled(program: string, path: string): boolean {
  return path.split(delimiter).some((directory) => directory !== '' && canRun(join(directory, program)));
}

function canRun(file: string): boolean {
  return allows(file, constants.X_OK);
}

function canUse(file: string): boolean {
  return allows(file, constants.R_OK | constants.W_OK);
}

function allows(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}
