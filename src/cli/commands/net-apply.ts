import { routes } from '../../api/routes.ts';
import type { ApplyBegun, ApplyPlan, NetworkStatus, Operation } from '../../api/types.ts';
import { formatDuration } from '../../base/clock.ts';
import { isOperationOver } from '../../model/operation.ts';
import { CONFIRM_WITHIN_MS } from '../../model/time-limits.ts';
import type { CliContext } from '../context.ts';
import { durationWithin } from '../duration.ts';
import type { CommandInput } from '../input.ts';
import { lodgeWords } from '../lodge-words.ts';
import { typedOrNewestPlan } from '../plan-number.ts';
import { createProblemList, notAsTyped } from '../problem-list.ts';
import { findSshConnection, loginWords } from '../ssh-connection.ts';
import { parseAnyAddress } from '../values.ts';
import { watchOperation } from '../watch-operation.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const { client, output } = context;
  const connection = await findSshConnection(context.env, process.ppid);
  const request = applyRequest(input, connection);
  const number = await typedOrNewestPlan(context, input.first);
  const begun = await client.request<ApplyBegun>('POST', routes.networkApply(number), request);
  const lodge = lodgeWords(context);
  for (const line of stepLines(begun, lodge)) output.say(line);
  const detachedHint = `lodge net status; without lodge net confirm ${begun.token} the old network comes back`;
  const waiting = await watchOperation(context, begun.operation, { until: isWaiting, detachedHint });
  if (!isOperationOver(waiting.state)) {
    const { transaction } = await client.request<NetworkStatus>('GET', routes.networkStatus);
    const leftMs = (transaction?.deadlineMs ?? 0) - Date.now();
    for (const line of askLines(begun, leftMs, connection, lodge)) output.say(line);
    await watchOperation(context, waiting, { isShown: false, detachedHint });
  }
  const status = await client.request<NetworkStatus>('GET', routes.networkStatus);
  output.result(status, () => `plan ${number} is in force, and so it is after the next boot`);
}

function applyRequest(input: CommandInput, connection: string | null): ApplyPlan {
  const problems = createProblemList();
  const confirmWithinMs = problems.read(
    'confirmWithinMs',
    input.text('confirm-within'),
    durationWithin(CONFIRM_WITHIN_MS),
  );
  const targets = input
    .texts('target')
    .map((text, index) => problems.read(`targets[${index}]`, text, parseAnyAddress) ?? text);
  problems.throwIfAny(notAsTyped('net apply'));
  return {
    ...(confirmWithinMs === undefined ? {} : { confirmWithinMs }),
    ...(input.flag('unproven') ? { unproven: true } : {}),
    connection,
    targets,
  };
}

/** The plan, and the token before the first change: this terminal may stand still in the middle. */
function stepLines({ plan, token, confirmWithinMs }: ApplyBegun, lodge: string): string[] {
  return [
    `plan ${plan.number} is applied:`,
    ...plan.steps.map(({ title }, index) => `${String(index + 1).padStart(3)}. ${title}`),
    `If this terminal stands still: log in anew within ${formatDuration(confirmWithinMs)} and run ${lodge} net confirm ${token}`,
    '',
  ];
}

function isWaiting({ state, steps }: Operation): boolean {
  return state === 'running' && steps.find(({ id }) => id === 'await-confirmation')?.state === 'running';
}

function askLines({ token }: ApplyBegun, leftMs: number, connection: string | null, lodge: string): string[] {
  const login = loginWords(connection, [], 'THIS-HOST');
  return [
    '',
    'The new network runs and the probes are green. No file was changed yet.',
    `You have ${formatDuration(Math.max(0, leftMs))} to show that you can still get in. From another terminal, over a NEW connection:`,
    '',
    `    ${login} ${lodge} net confirm ${token}`,
    '',
    'Without it the old network comes back by itself: do nothing if you cannot get in. lodge net rollback does it now.',
  ];
}
