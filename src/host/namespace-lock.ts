import { createServer, type Server } from 'node:net';
import { sleep } from '../base/clock.ts';

const POLL_MS = 20;

/**
 * Waits its turn among all processes of this network namespace, by an abstract socket: its names belong to the namespace, and the
 * kernel gives one back however its process ends (unix(7)). Anybody may bind such a name, so patience has an end: then it goes on
 * without.
 *
 * @returns what lets the next one in
 */
export async function takeTurn(name: string, patienceMs: number): Promise<() => Promise<void>> {
  const begunMs = Date.now();
  for (;;) {
    const server = createServer((socket) => socket.destroy());
    if (await binds(server, `\0${name}`)) return () => new Promise((resolve) => server.close(() => resolve()));
    if (Date.now() - begunMs > patienceMs) return async () => {};
    await sleep(POLL_MS);
  }
}

function binds(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(path, () => resolve(true));
  });
}
