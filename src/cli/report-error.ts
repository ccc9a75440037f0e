import { EXIT } from '../base/error-codes.ts';
import { type ErrorBody, inOurWords, isLodgeError, type Problem, problemText, toErrorBody } from '../base/errors.ts';
import { forTerminal } from '../base/terminal-text.ts';
import type { Output } from './output.ts';

/**
 * Says what went wrong where the user, or a program under `--json`, looks for it. Returns the exit code.
 *
 * @param inOptions a problem as the user typed it, for the eyes of people alone: programs get the API's paths
 */
export function reportError(
  thrown: unknown,
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
  inOptions?: (problem: Problem) => Problem,
): number {
  const error = inOurWords(thrown);
  const body = toErrorBody(error);
  if (output.json) {
    output.result({ error: body }, () => '');
  } else {
    output.stderr.write(renderError(inTypedForm(body, output), output, inOptions));
    if (body.code === 'INTERNAL' && env.LODGE_DEBUG !== undefined && error instanceof Error) {
      output.say(forTerminal(error.stack ?? ''));
    }
  }
  return isLodgeError(error) ? error.exitCode : EXIT.failed;
}

/** What is to be typed stands in the hint and in a problem's rule. The headline says what went wrong: `lodge cp` there is a name. */
function inTypedForm(body: ErrorBody, output: Output): ErrorBody {
  const problems = body.problems?.map((problem) => ({ ...problem, rule: output.named(problem.rule) }));
  return {
    ...body,
    // Before its problems have another form than the message has them in.
    message: withoutProblems(body.message, body.problems ?? []),
    ...(problems === undefined ? {} : { problems }),
    ...(body.hint === undefined ? {} : { hint: output.named(body.hint) }),
  };
}

/**
 *     lodge: guest web1 is not valid
 *       --memory: must be at least 64MiB, got "12MiB"
 *       hint: lodge create --help
 */
export function renderError(
  body: ErrorBody,
  output: Pick<Output, 'paintTalk'>,
  inOptions: (problem: Problem) => Problem = (problem) => problem,
): string {
  const problems = body.problems ?? [];
  const lines = [
    `${output.paintTalk('red', 'lodge:')} ${forTerminal(belowOurWords(withoutProblems(body.message, problems)))}`,
  ];
  for (const problem of problems) lines.push(`  ${forTerminal(problemText(inOptions(problem)))}`);
  if (body.hint !== undefined) lines.push(`  ${output.paintTalk('dim', 'hint:')} ${forTerminal(body.hint)}`);
  return `${lines.join('\n')}\n`;
}

/** The message repeats its problems (`problemsError`): here they have lines of their own. */
function withoutProblems(message: string, [first]: readonly Problem[]): string {
  const start = first === undefined ? -1 : message.indexOf(`: ${problemText(first)}`);
  return start === -1 ? message : message.slice(0, start);
}

/** What a program said (`exec` of host/exec.ts) stands below our sentence, as it came: its lines belong together. */
function belowOurWords(message: string): string {
  const found = /^(.*?) ((?:exited with -?\d+|was ended by SIG[A-Z0-9]+)(?: while starting)?): (.+)$/s.exec(message);
  if (found === null) return message;
  const [, ours = '', how = '', said = ''] = found;
  return [`${ours} ${how}:`, ...said.trimEnd().split('\n')].join('\n    ');
}
