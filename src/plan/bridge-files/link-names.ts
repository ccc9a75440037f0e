/**
 * A link's name is a word, or a part of a path or a setting, or a zone. Never a part of a name: not `eth0` of `eth0.100` (`eth0/100`
 * in a setting) or `eth0:1`.
 */
function linkPattern(name: string): RegExp {
  const literal = name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(
    `((?:^|[\\s"'=%/]|\\bconf\\.|\\bneigh\\.))${literal}(?!/\\d+\\.)(?=$|[\\s"';/]|\\.[a-z_]+\\b(?!\\d))`,
    'g',
  );
}

export function namesLink(text: string, name: string): boolean {
  return linkPattern(name).test(text);
}

export function renameLink(text: string, from: string, to: string): string {
  return text.replace(linkPattern(from), (_, before: string) => before + to);
}
