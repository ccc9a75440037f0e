import type { Operation } from '../api/types.ts';
import { isLodgeError, LodgeError, toErrorBody } from '../base/errors.ts';
import { operationTitle } from '../model/operation.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';
import { tellOtherProxy } from './other-proxy.ts';
import { watchOperation } from './watch-operation.ts';

/**
 * Begins the same work for each name, then watches it come to its end: what can run at once does. Under `--json` the
 * result is always an array of operations, one a name that there was something to do for.
 *
 * @param alreadySo the line for a name whose work was refused because it is done already; throws when it is not
 * @throws the only error, or the first of several with all of them in its words: the others' work goes on
 */
export async function runOperations(
  context: CliContext,
  input: CommandInput,
  names: readonly string[],
  begin: (name: string) => Promise<Operation>,
  done: string,
  alreadySo: (name: string, refusal: unknown) => Promise<string> = (_name, refusal) => Promise.reject(refusal),
): Promise<undefined> {
  const began: Operation[] = [];
  const errors: unknown[] = [];
  const already: string[] = [];
  for (const name of names) {
    try {
      began.push(await begin(name));
    } catch (refusal) {
      await alreadySo(name, refusal).then(
        (line) => already.push(line),
        (error: unknown) => errors.push(error),
      );
    }
  }
  if (!context.output.json) for (const line of already) context.output.write(`${line}\n`);
  if (input.flag('detach')) {
    if (began.length > 0 && !(context.output.json && errors.length > 0)) {
      for (const operation of began) await tellOtherProxy(context, operation);
      printBegun(context, began);
    }
  } else {
    await watchAll(context, began, errors, done);
  }
  if (errors.length > 0) throw joinErrors(errors);
  return undefined;
}

async function watchAll(context: CliContext, began: Operation[], errors: unknown[], done: string): Promise<void> {
  const ended: Operation[] = [];
  for (const operation of began) {
    try {
      ended.push(await watchOperation(context, operation));
    } catch (error) {
      if (isLodgeError(error, 'INTERRUPTED')) throw error;
      errors.push(error);
    }
  }
  // Under --json there is one value on stdout: the error, when there is one.
  if (context.output.json && errors.length > 0) return;
  context.output.result(ended, () => ended.map((operation) => resultLine(operation, done)).join('\n'));
}

/** `web1 is stopped; it did not shut down in 90 s and was ended: --timeout gives it longer` */
function resultLine({ subject, kind, steps }: Operation, done: string): string {
  const warnings = steps.flatMap(({ warning }) => warning ?? []);
  const isShort = warnings.length > 0 && (kind === 'guest.stop' || kind === 'guest.restart');
  return `${[`${subject} ${done}`, ...warnings].join('; ')}${isShort ? ': --timeout gives it longer' : ''}`;
}

/** For `--detach`: the operations just begun, and how to come back to them. */
export function printBegun(context: CliContext, operations: Operation[]): undefined {
  return context.output.result(operations, () =>
    operations.map((operation) => `${operationTitle(operation)}: lodge operation wait ${operation.id}`).join('\n'),
  );
}

function joinErrors(errors: unknown[]): unknown {
  const [first] = errors;
  if (errors.length === 1 || !(first instanceof LodgeError)) return first;
  const bodies = errors.map(toErrorBody);
  return new LodgeError(first.code, bodies.map(({ message }) => message).join('; '), {
    hint: bodies.find(({ hint }) => hint !== undefined)?.hint,
    problems: first.problems,
  });
}
