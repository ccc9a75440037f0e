import { sleep } from '../base/clock.ts';
import { makeDirectory } from '../host/files.ts';
import { readNetworkNamespace } from '../host/netns.ts';
import { takeInstanceLock } from '../store/instance-lock.ts';

/** Outside every LODGE_ROOT: instances of different roots meet here. Nobody but root may enter, so nobody else holds a lock in it. */
const DIRECTORY = '/run/lodge-turns';
const POLL_MS = 10;
/** `forwarding`: the kernel's settings, which instances hand to each other. `packets`: trials of doctor. */
type HostTurn = 'forwarding' | 'packets';

/**
 * Of its own account a holder is done in a second or, for a trial of packets, in twenty; on a host so slow that the trial is as patient
 * as it can be, in minutes. One that was stopped (SIGSTOP) is not waited for.
 */
const PATIENCE_MS: Record<HostTurn, number> = { forwarding: 30_000, packets: 300_000 };

/**
 * Waits for its turn among all instances in this network namespace, whatever their roots. The kernel gives the turn back however its
 * process ends. Where there is no such place (not root, a /run that cannot be written), it goes on without.
 *
 * @returns what lets the next one in
 */
async function takeHostTurn(turn: HostTurn): Promise<() => void> {
  const file = await placeOf(turn).catch(() => null);
  const begunMs = Date.now();
  for (;;) {
    const giveBack = file === null ? () => {} : takeInstanceLock(file);
    if (giveBack !== null) return giveBack;
    if (Date.now() - begunMs > PATIENCE_MS[turn]) return () => {};
    await sleep(POLL_MS);
  }
}

export async function inHostTurn<T>(turn: HostTurn, work: () => Promise<T>): Promise<T> {
  const giveBack = await takeHostTurn(turn);
  try {
    return await work();
  } finally {
    giveBack();
  }
}

/** Null where the place cannot be made. The kernel uses the numbers of namespaces again: the files stay few. */
async function placeOf(turn: HostTurn): Promise<string | null> {
  if (process.getuid?.() !== 0) return null;
  const namespace = /\d+/.exec((await readNetworkNamespace('self')) ?? '')?.[0];
  if (namespace === undefined) return null;
  await makeDirectory(DIRECTORY, { mode: 0o700 });
  return `${DIRECTORY}/${turn}-${namespace}`;
}
