import { resolve } from 'node:path';
import { routes } from '../api/routes.ts';
import type { NetworkExplanation } from '../api/types.ts';
import { parseBoundedJson } from '../base/bounded-json.ts';
import { explainError } from '../base/errors.ts';
import { FACTS_VALUES_MAX } from '../model/network-facts.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';
import { readNamedFile, readStandardInput } from './named-file.ts';
import { createProblemList } from './problem-list.ts';

/**
 * The explanation of this host's network; with `--facts FILE` (`-` is the standard input) of the host whose facts the file has.
 *
 * @throws VALIDATION_FAILED where the file is none of facts
 */
export async function requestExplanation(context: CliContext, input: CommandInput): Promise<NetworkExplanation> {
  const file = input.text('facts');
  if (file === undefined) return context.client.request('POST', routes.networkExplain, {});
  const problems = createProblemList();
  const bytes =
    file === '-'
      ? await readStandardInput(context.stdin)
      : problems.read('facts', file, (path) => readNamedFile(resolve(context.cwd, path)));
  let facts: unknown;
  try {
    facts = bytes === undefined ? undefined : parseBoundedJson(bytes, 'the file', FACTS_VALUES_MAX);
  } catch (error) {
    const rule = `must be a file of JSON, as lodge net facts prints it: ${explainError(error)}`;
    problems.add({ path: 'facts', rule, value: file }, 'VALIDATION_FAILED');
  }
  problems.throwIfAny(`the file of facts ${file} is not valid`);
  return context.client.request('POST', routes.networkExplain, { facts });
}
