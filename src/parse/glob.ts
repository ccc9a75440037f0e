/**
 * A shell pattern (fnmatch(3) without flags) as an expression for whole texts.
 *
 *     eth*      -> ^eth.*$       en[!ps]?  -> ^en[^ps].$      a[b  -> ^a\[b$
 */
export function globToRegExp(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    const end = character === '[' ? pattern.indexOf(']', at + (/^\[[!^]/.test(pattern.slice(at)) ? 3 : 2)) : -1;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
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
    return new RegExp(`^${source}$`, 's');
  } catch {
    // `[z-a]`: a range that no character is in.
    return /(?!)/;
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
