/** One program of a shell line with its arguments; files it is redirected to or from, but not `2>&1`. */
export interface ShellCommand {
  words: string[];
  redirections: { operator: '>' | '>>' | '<'; target: string }[];
  /** What stands behind it: whether the next one runs hangs on it, and what becomes of the line when this one fails. */
  end: ';' | '&&' | '||' | null;
}

/**
 * The commands of one line of shell, as far as such lines are plain: words, quotes, `;`, `&&`, redirections. null where it is more than
 * that (pipes, substitutions, groups, conditions). What only stands behind `||` is left out: it runs when the rest has failed.
 *
 *     ip r a 192.0.2.0/24 dev $IFACE || true  ->  [ip, r, a, 192.0.2.0/24, dev, eth0]
 *
 * @param variables replaced in words and double quotes; other `$` words stay as they are
 */
export function splitShellLine(text: string, variables: Readonly<Record<string, string>>): ShellCommand[] | null {
  const commands: ShellCommand[] = [];
  let current: ShellCommand = { words: [], redirections: [], end: null };
  let isAlternative = false;
  let redirection: '>' | '>>' | '<' | null = null;
  const finish = (end: ShellCommand['end']) => {
    if (current.words.length > 0 && !isAlternative) commands.push({ ...current, end });
    current = { words: [], redirections: [], end: null };
    redirection = null;
  };
  for (const token of tokenize(text)) {
    if (token.kind === 'refused') return null;
    if (token.kind === 'end') {
      finish(token.text === '&&' || token.text === '||' ? token.text : ';');
      isAlternative = token.text === '||' || (isAlternative && token.text === '&&');
    } else if (token.kind === 'redirection') {
      if (token.text !== '&') redirection = token.text;
    } else {
      const word = substitute(token.parts, variables);
      if (redirection === null) current.words.push(word);
      else if (word !== '/dev/null') current.redirections.push({ operator: redirection, target: word });
      redirection = null;
    }
  }
  finish(null);
  return commands;
}

type Token =
  | { kind: 'word'; parts: { text: string; isLiteral: boolean }[] }
  | { kind: 'end'; text: string }
  | { kind: 'redirection'; text: '>' | '>>' | '<' | '&' }
  | { kind: 'refused' };

const SPACE = /^[ \t]+/;
const END = /^(&&|\|\||;|\n)/;
const REDIRECTION = /^\d*(>>|>|<)(&\d)?/;
/** Pipes, background, groups, conditions, substitutions. */
const REFUSED = /^(\||&|\(|\)|`|\$\(|<<)/;
const PART = /^(?:'([^']*)'|"((?:[^"\\`]|\\.)*)"|\\(.)|([^\s;&|<>()'"\\`$]+|\$\{?\w*\}?))/s;

function* tokenize(text: string): Generator<Token> {
  let rest = text;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest);
    if (match !== null) rest = rest.slice(match[0].length);
    return match;
  };
  for (;;) {
    take(SPACE);
    if (rest === '' || /^#/.test(rest)) return;
    const end = take(END);
    const redirection = end === null ? take(REDIRECTION) : null;
    if (end !== null) yield { kind: 'end', text: end[0] };
    else if (redirection !== null) {
      yield { kind: 'redirection', text: redirection[2] === undefined ? (redirection[1] as '>') : '&' };
    } else if (REFUSED.test(rest)) {
      yield { kind: 'refused' };
      return;
    } else {
      const parts: { text: string; isLiteral: boolean }[] = [];
      for (let part = take(PART); part !== null; part = REFUSED.test(rest) ? null : take(PART)) {
        const [, single, double, escaped, plain] = part;
        if (double?.includes('$(')) parts.length = 0;
        parts.push({ text: single ?? double ?? escaped ?? plain ?? '', isLiteral: (single ?? escaped) !== undefined });
      }
      yield parts.length === 0 ? { kind: 'refused' } : { kind: 'word', parts };
      if (parts.length === 0) return;
    }
  }
}

function substitute(
  parts: readonly { text: string; isLiteral: boolean }[],
  variables: Readonly<Record<string, string>>,
): string {
  const replace = (text: string) =>
    text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
      return variables[braced ?? bare ?? ''] ?? whole;
    });
  return parts.map(({ text, isLiteral }) => (isLiteral ? text : replace(text))).join('');
}
