import { EXIT } from '../base/error-codes.ts';
import { type ErrorBody, isLodgeError, type Problem, toErrorBody } from '../base/errors.ts';
import type { Output } from './output.ts';

/** Says what went wrong where the user, or a program under `--json`, looks for it. Returns the exit code. */
export function reportError(error: unknown, output: Output, env: Readonly<Record<string, string | undefined>>): number {
  const body = toErrorBody(error);
  if (output.json) {
    output.result({ error: body }, () => '');
  } else {
    output.stderr.write(renderError(body, output));
    if (body.code === 'INTERNAL' && env.LODGE_DEBUG !== undefined && error instanceof Error) {
      output.say(error.stack ?? '');
    }
  }
  return isLodgeError(error) ? error.exitCode : EXIT.failed;
}

/**
 *     lodge: guest web1 is not valid
 *       memoryMiB: must be at least 64, got 12
 *       hint: lodge create --help
 */
export function renderError(body: ErrorBody, output: Pick<Output, 'paintTalk'>): string {
  const problems = body.problems ?? [];
  const lines = [`${output.paintTalk('red', 'lodge:')} ${headline(body.message, problems)}`];
  for (const problem of problems) lines.push(`  ${problemText(problem)}`);
  if (body.hint !== undefined) lines.push(`  ${output.paintTalk('dim', 'hint:')} ${body.hint}`);
  return `${lines.join('\n')}\n`;
}

function problemText({ path, rule, value }: Problem): string {
  return `${path}: ${rule}${value === undefined ? '' : `, got ${JSON.stringify(value)}`}`;
}

/** validationError() repeats its problems in the message, for places with room for one line: here they have lines of their own. */
function headline(message: string, problems: readonly Problem[]): string {
  const first = problems[0];
  const start = first === undefined ? -1 : message.indexOf(`: ${first.path}: ${first.rule}`);
  if (start === -1) return message;
  const subject = message.slice(0, start);
  // `the layout bridged cannot be planned on this host` says by itself what is wrong.
  return / cannot /.test(subject) ? `${subject}:` : `${subject} is not valid`;
}
