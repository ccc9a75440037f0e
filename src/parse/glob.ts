/**
 * A shell pattern (fnmatch(3) without flags) as an expression for whole texts.
 *
 *     eth*      -> ^eth.*$       en[!ps]?  -> ^en[^ps].$      a[b  -> ^a\[b$
 */
export function globToRegExp(pattern: string): RegExp {
  // Between two stars the first place that fits is as good as any: it is taken for good (a look-ahead is not tried again), or a pattern
  // with many of them would take time by the power of their number.
  const between: string[] = [];
  let source = '';
  const lastClosing = pattern.lastIndexOf(']');
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    const opens = character === '[' && at < lastClosing;
    const end = opens ? pattern.indexOf(']', at + (/^\[[!^]/.test(pattern.slice(at)) ? 3 : 2)) : -1;
    if (character === '*') {
      if (source !== '' || between.length === 0) between.push(source);
      source = '';
    } else if (character === '?') source += '.';
    else if (end !== -1) {
      const inside = pattern
        .slice(at + 1, end)
        .replaceAll('\\', '\\\\')
        .replaceAll(']', '\\]');
      source += `[${inside.replace(/^[!^]/, '^')}]`;
      at = end;
    } else if (character === '\\' && at + 1 < pattern.length) source += escapeRegExp(pattern[++at] ?? '');
    else source += escapeRegExp(character);
  }
  try {
    const [first, ...middle] = between;
    if (first === undefined) return new RegExp(`^${source}$`, 's');
    const taken = middle.map((part, index) => `(?=(?<g${index}>.*?${part}))\\k<g${index}>`);
    return new RegExp(`^${first}${taken.join('')}.*${source}$`, 's');
  } catch {
    // `[z-a]`: a range that no character is in.
    return /(?!)/;
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
