import { isLodgeError, LodgeError } from '../../../base/errors.ts';
import { connectAgent, type GuestAgent } from '../../../qemu/guest-agent.ts';
import { Lock } from '../../lock.ts';

/** Under emulation, on a busy host, with an agent that has just been started. */
const ANSWER_MS = 5_000;

export interface AgentCall {
  guest: string;
  socketPath: string;
  /** Limit for the agent's first answer, the turns of others before ours included. */
  timeoutMs?: number;
}

/**
 * QEMU serves one client on the agent's channel, so everything that asks a guest's agent takes turns here. A turn is short: connect,
 * a few commands, hang up. What lasts (a command's output) goes another way.
 */
export class AgentSessions {
  readonly #turns = new Map<string, { lock: Lock; users: number }>();

  /** @throws AGENT_UNAVAILABLE when none answers, and what `work` throws, with the channel's own errors in those words too */
  async use<T>({ guest, socketPath, timeoutMs = ANSWER_MS }: AgentCall, work: (agent: GuestAgent) => Promise<T>) {
    const turn = this.#turns.get(socketPath) ?? { lock: new Lock(), users: 0 };
    this.#turns.set(socketPath, turn);
    turn.users += 1;
    const deadline = performance.now() + timeoutMs;
    try {
      return await turn.lock.run(async () => {
        const leftMs = deadline - performance.now();
        // The ones before us had an agent that does not answer either.
        if (leftMs <= 0) throw new LodgeError('TIMED_OUT', 'others were waiting for it already');
        const agent = await connectAgent(socketPath, { timeoutMs: leftMs });
        try {
          return await work(agent);
        } finally {
          agent.close();
        }
      });
    } catch (error) {
      throw isChannelError(error) ? unavailable(guest, error) : error;
    } finally {
      turn.users -= 1;
      if (turn.users === 0) this.#turns.delete(socketPath);
    }
  }
}

function isChannelError(error: unknown): boolean {
  return isLodgeError(error, 'TIMED_OUT') || isLodgeError(error, 'QMP_CLOSED') || isLodgeError(error, 'QMP_FAILED');
}

function unavailable(guest: string, cause: unknown): LodgeError {
  const nonsense = isLodgeError(cause, 'QMP_FAILED');
  const message = nonsense ? `the guest agent in ${guest} talks nonsense` : `no guest agent answers in ${guest}`;
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
      `lodge ssh ${guest} works without it; to allow it, take ${command} out of the blocked commands in the guest's ` +
      '/etc/sysconfig/qemu-ga (or add it to the allowed ones) and restart qemu-guest-agent',
    cause: error,
  });
}
