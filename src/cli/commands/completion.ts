import { LodgeError } from '../../base/errors.ts';
import { completionScript, isShell, SHELLS } from '../completion-tree.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';

export async function run({ output }: CliContext, input: CommandInput): Promise<undefined> {
  const shell = input.first;
  if (!isShell(shell)) {
    throw new LodgeError('USAGE', `there is no completion for ${shell}`, { hint: `one of ${SHELLS.join(', ')}` });
  }
  const script = completionScript(shell);
  output.result({ shell, script }, () => script);
}
