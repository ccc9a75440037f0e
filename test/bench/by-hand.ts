/**
 * Runs one QEMU and says in milliseconds how long it took until SSH greets; to be started in the guest's network namespace:
 *
 *     node by-hand.ts ADDRESS qemu-system-x86_64 …
 *
 * QEMU is ended then.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const LIMIT_MS = 600_000;
/** A packet to a guest without a network yet is lost, and TCP sends the next one after a second: a try is given up early. */
const TRY_MS = 200;
const PAUSE_MS = 20;
/** sshd has taken the connection and is about to greet. One at a time: each costs the booting guest a process. */
const GREETING_MS = 30_000;

async function greeting(address: string): Promise<void> {
  while (!(await greets(address))) await setTimeout(PAUSE_MS);
}

function greets(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(TRY_MS, () => end(false));
    socket.on('connect', () => socket.setTimeout(GREETING_MS));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (data) => end(data.toString('latin1').startsWith('SSH-')));
  });
}

const [address = '', binary = '', ...args] = process.argv.slice(2);
const begin = performance.now();
const qemu = spawn(binary, args, { stdio: ['ignore', 'ignore', 'inherit'] });
const died = once(qemu, 'exit').then(([code]) => Promise.reject(new Error(`QEMU ended with ${code}`)));
const late = setTimeout(LIMIT_MS, null, { ref: false }).then(() => Promise.reject(new Error('SSH did not greet')));
try {
  await Promise.race([greeting(address), died, late]);
  console.log(performance.now() - begin);
} finally {
  died.catch(() => {});
  late.catch(() => {});
  qemu.kill('SIGKILL');
}
process.exit(0);
