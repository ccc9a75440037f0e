/** A regular expression in a source, with its place. */
interface Found {
  path: string;
  line: number;
  source: string;
  flags: string;
}

/** A literal where one can stand: behind an operator, a bracket or `return`. */
const LITERAL =
  /(?<=[(,=:[!&|?{};\s>]|return )\/(?![*/\s])((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)(?=[\s.,;)\]}:]|$)/g;

/** Every literal of a source's code; comments have slashes of their own. */
export function findExpressions({ path, text }: { path: string; text: string }): Found[] {
  return text.split('\n').flatMap((code, index) => {
    if (/^\s*(\*|\/\/|\/\*)/.test(code)) return [];
    return [...code.matchAll(LITERAL)].map(([, source = '', flags = '']) => ({ path, line: index + 1, source, flags }));
  });
}

/**
 * The shapes that take time by the square of a text's length, of those that are easily written: what was found in the readers of foreign
 * texts once was one of them each time but one.
 */
export function slowShapes(found: Found[]): string[] {
  return found.flatMap(({ path, line, source, flags }) => {
    const rule = ruleBrokenBy(source, flags);
    return rule === null ? [] : [`${path}:${line}: /${source}/${flags} ${rule}`];
  });
}

function ruleBrokenBy(source: string, flags: string): string | null {
  if (flags.includes('m') && /(?:^|\|)\(*(?:\?:)?\^\(*(?:\?:)?\\s[*+]/.test(source)) {
    return 'begins anew at each empty line and reads on over all that follow: [ \\t]* stays in its line';
  }
  const isAnchored = source.startsWith('^') && !source.includes('|');
  // One run alone, or `.` behind a mark that it takes as well; `[^/]*` behind a slash ends at the next one.
  const [, run] = /(?:^|\|)(\[[^\]^][^\]]*\]|\\?.)[*+]\$$/.exec(source) ?? [];
  const isRest = !flags.includes('s') && /(?:[^\\]|^)\.[*+]\$$/.test(source);
  if (!isAnchored && (run !== undefined || isRest) && !flags.includes('y')) {
    return 'begins anew at each character of a run that stands elsewhere: trimEndOf, or split';
  }
  if (isAmbiguous(source)) return 'has a run of runs: what one of them takes another one could';
  return null;
}

/** `(a+)+`, `(\s*x*)*`: nothing that has to be there divides one round from the next. */
function isAmbiguous(source: string): boolean {
  const bare = source.replaceAll(/\[(?:[^\]\\]|\\.)*\]/g, 'x').replaceAll(/\\[dwsDWS]/g, 'x');
  return /\((?:\?:)?(?:[\w.][*+?])+\)[*+]/.test(bare);
}
