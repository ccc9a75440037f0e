import { LodgeError, problemText } from '../base/errors.ts';
import { type CommandSpec, optionFlags, optionsOf, takesValue } from './command.ts';

/**
 * Where the rest of a line is a command for a guest, our own options may stand on either side of the guest's name: people write both.
 *
 *     exec web1 --user bob -- ls -l -> exec --user bob web1 -- ls -l
 *
 * What comes after --, or from the first word on that is no option, is the guest's. `-it` is what docker's users type.
 *
 * @throws USAGE when a value is missing
 */
export function hoistOptions(spec: CommandSpec | undefined, argv: readonly string[]): readonly string[] {
  if (spec?.passThrough !== true || spec.options === undefined) return argv;
  const at = spec.path.length;
  const words = argv.slice(at);
  const name = nextOperand(spec, words, 0);
  if (words[name] === undefined || words[name] === '--') return argv;
  const end = nextOperand(spec, words, name + 1);
  const ours = [...words.slice(0, name), ...words.slice(name + 1, end)];
  const apart = ours.flatMap((word) => (/^-(it|ti)$/.test(word) ? ['-i', '-t'] : [word]));
  return [...argv.slice(0, at), ...apart, words[name], ...words.slice(end)];
}

function isOption(word: string | undefined): boolean {
  return word?.startsWith('-') === true && word !== '--';
}

function isNoValue(spec: CommandSpec, word: string | undefined): boolean {
  return word === undefined || word === '--' || optionsOf(spec).some((option) => optionFlags(option).includes(word));
}

/** Where the options that begin here end: at --, or at a word that is none of them and none of their values. @throws USAGE */
function nextOperand(spec: CommandSpec, words: readonly string[], start: number): number {
  let index = start;
  while (isOption(words[index])) {
    const word = words[index] ?? '';
    const option = optionsOf(spec).find((one) => optionFlags(one).some((flag) => flag === word));
    const takes = option !== undefined && takesValue(option);
    if (takes && isNoValue(spec, words[index + 1])) {
      const rule = `needs a value after it: ${option.flags}`;
      throw new LodgeError('USAGE', problemText({ path: word, rule, value: undefined }), {
        hint: `lodge ${spec.path.join(' ')} --help`,
      });
    }
    index += takes ? 2 : 1;
  }
  return Math.min(index, words.length);
}
