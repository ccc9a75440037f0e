import { isLodgeError } from '../base/errors.ts';
import type { TwinSpaces } from './spaces.ts';

/** Who connects to what. */
export interface TcpWish {
  space: string;
  target: string;
}

/** More than a window: a wrong MTU on the way shows in it, a ping does not. */
const BYTES = 200_000;
const LIMIT_MS = 6000;
const PORT = 7;

/**
 * One program in each namespace, which sends `BYTES` to whoever connects, connects itself to its targets, and writes down in one line
 * how that went. A target whose program is not up yet is tried again.
 */
const PEER = `
const net = require('node:net');
const [, port, bytes, limitMs, ...targets] = process.argv;
net.createServer((socket) => { socket.on('error', () => {}); socket.end(Buffer.alloc(Number(bytes))); }).listen(Number(port), '::');
const end = Date.now() + Number(limitMs);
const attempt = (host) => new Promise((resolve) => {
  let seen = 0;
  const socket = net.connect({ host, port: Number(port), timeout: Math.max(end - Date.now(), 1) });
  const done = (said) => { socket.destroy(); resolve(said); };
  socket.on('data', (part) => { seen += part.length; });
  socket.on('end', () => done(seen === Number(bytes) ? 'ok' : 'ended after ' + seen + ' bytes'));
  socket.on('timeout', () => done('no answer after ' + seen + ' bytes'));
  socket.on('error', (error) => done(error.code));
});
const reach = async (host) => {
  for (;;) {
    const said = await attempt(host);
    if (said !== 'ECONNREFUSED' || Date.now() > end) return [host, said];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
Promise.all(targets.map(reach)).then((said) => console.log(JSON.stringify(said)));
setTimeout(() => process.exit(), Number(limitMs) * 2);
`;

/** Opens every connection once and receives 200,000 bytes through it. `space target -> ok`, or what went wrong. */
export async function connectAll(
  spaces: TwinSpaces,
  wishes: readonly TcpWish[],
  servers: readonly string[],
): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  const end = new AbortController();
  const targetsOf = (space: string) => wishes.filter((wish) => wish.space === space).map(({ target }) => target);
  const places = [...new Set([...wishes.map(({ space }) => space), ...servers])];
  const reports = places.map((space) => runPeer(spaces, space, targetsOf(space), end.signal));
  await Promise.all(
    reports.map(async ({ said }, index) => {
      for (const [target, words] of await said) answers.set(`${places[index]} ${target}`, words);
    }),
  );
  end.abort();
  await Promise.all(reports.map(({ ended }) => ended));
  return answers;
}

function runPeer(spaces: TwinSpaces, space: string, targets: string[], signal: AbortSignal) {
  let tell: (said: [string, string][]) => void = () => undefined;
  const said = new Promise<[string, string][]>((resolve) => {
    tell = resolve;
  });
  const args = ['-e', PEER, String(PORT), String(BYTES), String(LIMIT_MS), ...targets];
  const ended = spaces
    .run(space, process.execPath, args, {
      signal,
      timeoutMs: LIMIT_MS * 3,
      onLine: (line) => {
        if (line.startsWith('[')) tell(JSON.parse(line) as [string, string][]);
      },
    })
    .then(() => undefined)
    .catch((error: unknown) => {
      if (!isLodgeError(error, 'CANCELLED')) throw error;
    })
    // One that ends without a word has reached nobody.
    .finally(() => tell(targets.map((target) => [target, 'the program that was to connect has ended'])));
  return { said, ended };
}
