import { LodgeError } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import { ask } from './ask.ts';
import type { CliContext } from './context.ts';

/**
 * Asks on a terminal whether things may be deleted: their name, or `y`, is the yes.
 *
 * @param command as typed after `lodge`, for the hint: `rm`, `image rm`
 * @throws CONFIRMATION_NEEDED off a terminal; CANCELLED when the answer is anything else
 */
export async function confirmRemoval(
  { stdin, output }: CliContext,
  command: string,
  names: readonly string[],
  extent: string,
): Promise<void> {
  const listed = names.join(' ');
  if (stdin.isTTY !== true || output.stderr.isTTY !== true || output.json) {
    throw new LodgeError(
      'CONFIRMATION_NEEDED',
      `${listed} would be deleted ${extent}, and nobody is here to be asked`,
      {
        hint: `lodge ${command} ${names.map(shellWord).join(' ')} --yes`,
      },
    );
  }
  const { text } = await import('@clack/prompts');
  const message = `Delete ${listed} ${extent}? Type ${names.length === 1 ? 'its name' : 'the names'}, or y.`;
  const said = ((await ask(stdin, (streams) => text({ message, placeholder: 'no', ...streams }))) ?? '').trim();
  if (said !== 'y' && said !== 'yes' && said !== listed) {
    throw new LodgeError('CANCELLED', `${listed} stays: it was not confirmed`);
  }
}
