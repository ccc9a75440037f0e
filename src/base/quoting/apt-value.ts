/**
 * A value of apt.conf(5). In quotes everything is itself, but there is no way to write a quote, and blanks other than a single one are
 * turned into others; without quotes `%` and two digits are a byte (ParseCWord and ParseQuoteWord of apt-pkg/contrib/strutl.cc).
 *
 *     /etc/apt/a b -> "/etc/apt/a b"    say "x" -> say%20%22x%22
 */
export function aptValue(text: string): string {
  if (/^[^"\p{Cc}]*$/u.test(text)) return `"${text}"`;
  const bytes = [...new TextEncoder().encode(text)];
  return bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
