import { routes } from '../api/routes.ts';
import type { Operation } from '../api/types.ts';
import { sleep, systemClock } from '../base/clock.ts';
import { fromErrorBody, isLodgeError, LodgeError } from '../base/errors.ts';
import { isOperationOver, operationTitle } from '../model/operation.ts';
import type { CliContext } from './context.ts';
import { tellOtherProxy } from './other-proxy.ts';
import { createProgress, type Progress } from './progress.ts';

// A daemon that was killed takes the operation up again when it comes back: so do we, while the work gets on. A step that
// kills every daemon is not tried for ever.
const LOST_TRIES = 5;
const LOST_PAUSE_MS = 300;

interface WatchOptions {
  /** Comes back earlier: then the state is not `done` yet. */
  until?: (operation: Operation) => boolean;
  /** false: waits without a word. */
  isShown?: boolean;
  /** For who has pressed Ctrl-C; else how to come back to the operation. */
  detachedHint?: string;
}

/**
 * Shows an operation's progress until it ends and gives its last state, which is `done`.
 *
 * @throws the operation's error when it failed or was cancelled; INTERRUPTED, saying how to come back, on Ctrl-C
 */
export async function watchOperation(
  context: CliContext,
  started: Operation,
  options: WatchOptions = {},
): Promise<Operation> {
  const { until = () => false, isShown = true } = options;
  if (isShown) await tellOtherProxy(context, started);
  const progress = isShown ? createProgress(context.output, systemClock) : SILENT;
  let last = started;
  const update = (operation: Operation) => {
    last = operation;
    progress.update(operation);
  };
  let detach = () => {};
  const detached = new Promise<never>((_resolve, reject) => {
    detach = context.onInterrupt(() => reject(interrupted(last, options.detachedHint)));
  });
  try {
    const ended = await Promise.race([follow(context, started, update, until), detached]);
    if (ended.state === 'done' || until(ended)) return ended;
    throw errorOf(ended);
  } finally {
    progress.end();
    detach();
  }
}

const SILENT: Progress = { update() {}, end() {} };

async function follow(
  context: CliContext,
  started: Operation,
  update: (operation: Operation) => void,
  until: (operation: Operation) => boolean,
) {
  let last = started;
  let lost = 0;
  update(last);
  while (!isOperationOver(last.state) && !until(last)) {
    try {
      for await (const operation of context.client.values<Operation>(routes.operationWatch(started.id))) {
        if (gotOn(last, operation)) lost = 0;
        last = operation;
        update(last);
        if (isOperationOver(last.state) || until(last)) return last;
      }
    } catch (error) {
      if (isLodgeError(error, 'PERMISSION_DENIED')) throw waitsForRoot(error, last);
      if (!isLodgeError(error, 'DAEMON_UNREACHABLE')) throw error;
      if (lost >= LOST_TRIES) throw lostError(context, last, error);
    }
    lost += 1;
    if (lost > LOST_TRIES) throw lostError(context, last);
    await sleep(LOST_PAUSE_MS);
  }
  return last;
}

function gotOn(before: Operation, after: Operation): boolean {
  const ended = ({ state, steps }: Operation) => [state, ...steps.map((step) => /done/.test(step.state))].join();
  return ended(before) !== ended(after);
}

/** The daemon has ended, and whoever watches may not start the next one. */
function waitsForRoot(error: LodgeError, operation: Operation): LodgeError {
  const goesOn = `"${operationTitle(operation)}" goes on when one runs`;
  return new LodgeError(error.code, `${error.message}: ${goesOn}`, {
    hint: `${error.hint}, then lodge operation wait ${operation.id}`,
  });
}

function lostError({ layout }: CliContext, operation: Operation, last?: LodgeError): LodgeError {
  const step = operation.steps.find(({ state }) => state === 'running');
  const where = step === undefined ? operationTitle(operation) : step.title;
  const said = last === undefined ? '' : `: ${last.message}`;
  return new LodgeError('DAEMON_UNREACHABLE', `the daemon ends again and again at "${where}"${said}`, {
    hint: `the end of ${layout.daemonLog} may say why; to have the next daemon try again: lodge operation wait ${operation.id}`,
  });
}

function interrupted(operation: Operation, hint?: string): LodgeError {
  const { id, subject, steps } = operation;
  // Once only SSH is waited for the guest is made, and stays.
  const isMade = steps.some((step) => step.id === 'wait-ssh' && step.state === 'running');
  const end = isMade ? `to end the wait, and ${subject} runs on` : 'to take it back';
  return new LodgeError('INTERRUPTED', `detached from "${operationTitle(operation)}": it goes on`, {
    hint: hint ?? `to come back to it: lodge operation wait ${id}; ${end}: lodge operation cancel ${id}`,
  });
}

function errorOf(operation: Operation): LodgeError {
  if (operation.error !== null) return fromErrorBody(operation.error);
  const code = operation.state === 'cancelled' ? 'CANCELLED' : 'INTERNAL';
  return new LodgeError(code, `${operationTitle(operation)} was ${operation.state}`);
}
