import { LodgeError } from '../../base/errors.ts';
import { completionScript, SHELLS } from '../completion-scripts.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';

export async function run({ output }: CliContext, input: CommandInput): Promise<undefined> {
  const shell = input.first;
  const script = completionScript(shell);
  if (script === undefined) {
    throw new LodgeError('USAGE', `there is no completion for ${shell}`, {
      hint: `lodge completion ${SHELLS.join(', lodge completion ')}`,
    });
  }
  if (output.json) return output.result({ shell, script }, () => '');
  // It is a program, and its commands are the shell's to find: no name is put in the place of ours.
  output.write(script);
}
