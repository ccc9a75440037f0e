import { readFileSync } from 'node:fs';
import { routes } from '../api/routes.ts';
import type { NetworkExplanation } from '../api/types.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';
import { createProblemList } from './problem-list.ts';
import { readUserFile } from './user-files.ts';

/**
 * The explanation of this host's network; with `--facts FILE` (`-` is the standard input) of the host whose facts the file has.
 *
 * @throws VALIDATION_FAILED where the file is none of facts
 */
export async function requestExplanation(context: CliContext, input: CommandInput): Promise<NetworkExplanation> {
  const file = input.text('facts');
  if (file === undefined) return context.client.request('POST', routes.networkExplain, {});
  const problems = createProblemList();
  // 0 is the standard input, whatever it is: /dev/stdin cannot be opened where that is a socket.
  const text = file === '-' ? readFileSync(0, 'utf8') : problems.read('facts', file, readUserFile(context.cwd));
  let facts: unknown;
  try {
    facts = text === undefined ? undefined : JSON.parse(text);
  } catch {
    const rule = 'must be a file of JSON, as lodge net facts prints it';
    problems.add({ path: 'facts', rule, value: file }, 'VALIDATION_FAILED');
  }
  problems.throwIfAny(`the file of facts ${file}`);
  return context.client.request('POST', routes.networkExplain, { facts });
}
