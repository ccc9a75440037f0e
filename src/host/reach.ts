import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec } from './exec.ts';

/** Ports that something answers on, be it with a refusal: both show that packets go there and come back. */
const PORTS = [53, 443, 80, 22];

/** Whether an address answers at all: a TCP connection that is made or refused, or an echo. Never rejects. */
export async function isReachable(address: string, timeoutMs: number): Promise<boolean> {
  const asked = [...PORTS.map((port) => answersTcp(address, port, timeoutMs)), answersEcho(address, timeoutMs)];
  return Promise.any(asked.map(async (answer) => (await answer) || Promise.reject(new Error('no answer')))).catch(
    () => false,
  );
}

function answersTcp(address: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: timeoutMs });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
  });
}

/** Not every host has ping, and not every one may be pinged: it is one sign among several. */
async function answersEcho(address: string, timeoutMs: number): Promise<boolean> {
  const args = ['-n', '-q', '-c', '1', '-W', String(Math.max(1, Math.ceil(timeoutMs / 1000))), address];
  return exec('ping', args, { okExitCodes: [0, 1, 2] }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}

/** Answers of the link layer that count: `NOARP` and `PERMANENT` need none. */
const ALIVE = /\b(REACHABLE|PERMANENT|NOARP)\b/;
const POLL_MS = 50;

/**
 * Whether a neighbour on a link answers ARP or neighbour solicitation now: what is remembered of it is asked for again. Needs no answer
 * to pings.
 */
export async function neighbourAnswers(address: string, link: string, timeoutMs: number): Promise<boolean> {
  const family = isIPv6(address) ? '-6' : '-4';
  // Fails when nothing is remembered: then the datagram makes the kernel ask.
  await exec('ip', [family, 'neighbour', 'change', address, 'dev', link, 'nud', 'probe'], { okExitCodes: [0, 1, 2] });
  await sendDatagram(address, link);
  for (const end = Date.now() + timeoutMs; ; await sleep(POLL_MS)) {
    const { stdout } = await exec('ip', [family, 'neighbour', 'show', 'to', address, 'dev', link], {
      okExitCodes: [0, 1],
    });
    if (ALIVE.test(stdout)) return true;
    if (Date.now() > end) return false;
  }
}

/** To the discard port (RFC 863). */
function sendDatagram(address: string, link: string): Promise<void> {
  return new Promise((resolve) => {
    const isLocal = /^fe[89ab]/i.test(address);
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const end = () => socket.close(() => resolve());
    socket.once('error', end);
    socket.send('', 9, isLocal ? `${address}%${link}` : address, end);
  });
}
