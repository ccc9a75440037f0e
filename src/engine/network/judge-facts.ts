import { parseBoundedJson } from '../../base/bounded-json.ts';
import { LodgeError, toErrorBody, validationError } from '../../base/errors.ts';
import { FACTS_VALUES_MAX } from '../../model/network-facts.ts';
import { readFactsJson } from '../../parse/facts-json.ts';
import { explainFacts } from './explain.ts';

/** How the judge ends when its answer is an error and no explanation. */
export const JUDGE_REFUSES = 3;

/** Answers `{"facts": …}`, the bytes of a stranger, with the explanation of that network or with an error. Never throws. */
export function judgeText(bytes: Uint8Array): { exitCode: number; text: string } {
  try {
    const reading = readFactsJson(factsIn(parseBoundedJson(bytes, 'the request', FACTS_VALUES_MAX)));
    if (!reading.ok) throw validationError('the file of facts', reading.problems);
    return { exitCode: 0, text: JSON.stringify(explainFacts(reading.facts, null)) };
  } catch (error) {
    const told = isOverflow(error) ? new LodgeError('TOO_COSTLY', 'the facts are nested too deep to be judged') : error;
    return { exitCode: JUDGE_REFUSES, text: JSON.stringify(toErrorBody(told)) };
  }
}

/** @throws VALIDATION_FAILED */
function factsIn(request: unknown): unknown {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    const rule = 'must be an object with the key facts';
    throw validationError('the request', [{ path: '(the whole)', rule, value: undefined }]);
  }
  const others = Object.keys(request).filter((key) => key !== 'facts');
  const problems = others.map((path) => ({ path, rule: 'is not known here', value: undefined }));
  if (problems.length > 0) throw validationError('the request', problems);
  return (request as { facts?: unknown }).facts;
}

function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}
