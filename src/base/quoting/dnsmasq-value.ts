/**
 * A value of dnsmasq's configuration: in its quotes # begins no comment, a comma divides nothing, and a backslash escapes a quote and
 * itself (dnsmasq(8), "FORMAT OF CONFIG FILE" names the first; the rest is one_file of option.c).
 *
 *     /run/lodge/nat/hosts -> /run/lodge/nat/hosts    /srv/a "b" -> "/srv/a \"b\""
 */
export function dnsmasqValue(text: string): string {
  if (/^[A-Za-z0-9_./@:%+=-]+$/.test(text)) return text;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
