/**
 * A text without the characters that it ends in, of those that are named: `trimEndOf('a--.', '-.') -> 'a'`. A pattern for it (`/[-.]+$/`)
 * begins anew at each of them, and takes time by the square of a run that stands elsewhere.
 */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
