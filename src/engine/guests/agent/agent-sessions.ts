import { isLodgeError, LodgeError } from '../../../base/errors.ts';
import type { AgentDebt } from '../../../qemu/agent-debt.ts';
import { connectAgent, type GuestAgent } from '../../../qemu/guest-agent.ts';
import { Lock } from '../../lock.ts';

/** Under emulation, on a busy host, with an agent that runs. */
const ANSWER_MS = 5_000;
/** SSH answers early in the boot of our images, the agent late: who has just created a guest waits for it. */
const BOOT_MS = 5 * 60_000;
const BOOT_ANSWER_MS = 60_000;
/** What a daemon before us left is answered at once, or collected when it comes. */
const TAKE_OVER_MS = 1_000;

/** How long the agent of a guest may take to answer: what is sent before it runs waits for it in the channel. */
export function patienceWith(startedAtMs: number | null, nowMs: number): number {
  return startedAtMs !== null && nowMs - startedAtMs < BOOT_MS ? BOOT_ANSWER_MS : ANSWER_MS;
}

export interface AgentCall {
  guest: string;
  socketPath: string;
  /** Limit for the agent's first answer, the turns of others before ours included. */
  timeoutMs?: number;
}

/**
 * QEMU serves one client on the agent's channel, so everything that asks a guest's agent takes turns here. A turn is short: connect,
 * a few commands, hang up. What lasts (a command's output) goes another way.
 *
 * Who leaves before the answer came leaves a debt: its connection stays, one at most for each guest, until the answer comes, the
 * next one needs the channel, or QEMU ends. Without it the agent would spin, and keep its guest from shutting down.
 */
export class AgentSessions {
  readonly #turns = new Map<string, { lock: Lock; users: number }>();
  readonly #debts = new Map<string, AgentDebt>();

  /** @throws AGENT_UNAVAILABLE when none answers, and what `work` throws, with the channel's own errors in those words too */
  async use<T>({ guest, socketPath, timeoutMs = ANSWER_MS }: AgentCall, work: (agent: GuestAgent) => Promise<T>) {
    const turn = this.#turns.get(socketPath) ?? { lock: new Lock(), users: 0 };
    this.#turns.set(socketPath, turn);
    turn.users += 1;
    const deadline = performance.now() + timeoutMs;
    const began = Promise.withResolvers<void>();
    const late = setTimeout(
      () => began.reject(new LodgeError('TIMED_OUT', 'others are waiting for it already')),
      timeoutMs,
    );
    const working = turn.lock.run(async () => {
      began.resolve();
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new LodgeError('TIMED_OUT', 'others were waiting for it already');
      this.#debts.get(socketPath)?.forgive();
      const onDebt = (debt: AgentDebt) => this.#remember(socketPath, debt);
      const agent = await connectAgent(socketPath, { timeoutMs: leftMs, onDebt });
      try {
        return await work(agent);
      } finally {
        agent.close();
      }
    });
    // Told to whoever waits for it: who gave his turn up does not.
    working.catch(() => {});
    try {
      await began.promise;
      clearTimeout(late);
      return await working;
    } catch (error) {
      throw isChannelError(error) ? unavailable(guest, error) : error;
    } finally {
      clearTimeout(late);
      turn.users -= 1;
      if (turn.users === 0) this.#turns.delete(socketPath);
    }
  }

  /** For a guest that ran before this daemon did: whoever asked its agent then may have died before the answer came. Never rejects. */
  async takeOver(guest: string, socketPath: string): Promise<void> {
    await this.use({ guest, socketPath, timeoutMs: TAKE_OVER_MS }, async () => {}).catch(() => {});
  }

  /** How many connections are kept for answers that nobody waits for. */
  get debts(): number {
    return this.#debts.size;
  }

  close(): void {
    for (const debt of this.#debts.values()) debt.forgive();
  }

  #remember(socketPath: string, debt: AgentDebt): void {
    this.#debts.set(socketPath, debt);
    void debt.settled.then(() => {
      if (this.#debts.get(socketPath) === debt) this.#debts.delete(socketPath);
    });
  }
}

function isChannelError(error: unknown): boolean {
  return isLodgeError(error, 'TIMED_OUT') || isLodgeError(error, 'QMP_CLOSED') || isLodgeError(error, 'QMP_FAILED');
}

function unavailable(guest: string, cause: unknown): LodgeError {
  const nonsense = isLodgeError(cause, 'QMP_FAILED');
  const message = nonsense
    ? `the guest agent in ${guest} talks nonsense`
    : `the guest agent in ${guest} cannot be asked`;
  const boots = `it may still boot (lodge logs ${guest}); an image without the package qemu-guest-agent has none`;
  return new LodgeError('AGENT_UNAVAILABLE', message, {
    hint: nonsense
      ? `lodge console ${guest}: restart qemu-guest-agent there`
      : `${boots}: lodge ssh ${guest}, lodge console ${guest}`,
    // The cause's own hint would win over ours.
    cause: new Error((cause as Error).message),
  });
}

/**
 * RHEL and its like ship the agent with the commands forbidden that read or change files: `The command guest-exec has been disabled for
 * this instance`; QEMU 7.2 and before leave the last words out. One that never had it does not find it.
 */
export function explainRefusal(guest: string, command: string, error: unknown): unknown {
  if (!isLodgeError(error, 'AGENT_REFUSED') || !/disabled|not been found|not found|unsupported/i.test(error.message))
    return error;
  return new LodgeError('AGENT_UNAVAILABLE', `the guest agent in ${guest} is not allowed to do ${command}`, {
    hint:
      `without it: lodge ssh ${guest}; to allow it, take ${command} out of the blocked commands in the guest's ` +
      '/etc/sysconfig/qemu-ga (or add it to the allowed ones) and restart qemu-guest-agent',
    cause: error,
  });
}
