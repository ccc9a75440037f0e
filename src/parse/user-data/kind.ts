/** cloud-init's own table (cloudinit/handlers/__init__.py): the longest beginning that fits counts, in any case of letters. */
const KINDS = [
  ['#cloud-config-archive', 'text/cloud-config-archive'],
  ['#cloud-config-jsonp', 'text/cloud-config-jsonp'],
  ['## template: jinja', 'text/jinja2'],
  ['#cloud-boothook', 'text/cloud-boothook'],
  ['#include-once', 'text/x-include-once-url'],
  ['#part-handler', 'text/part-handler'],
  ['#cloud-config', 'text/cloud-config'],
  ['#include', 'text/x-include-url'],
  ['#!', 'text/x-shellscript'],
] as const;

export const KINDS_RULE = `begin with a line that cloud-init knows: ${KINDS.map(([start]) => start)
  .toReversed()
  .join(', ')}, or be a MIME message with MIME-Version`;

/** The type that cloud-init finds by the first words; null where it knows none, and leaves the whole out. */
export function kindOf(text: string): string | null {
  // A byte order mark is white space to JavaScript and a letter to Python.
  const start = text
    .replace(/^[\t\n\v\f\r ]+/, '')
    .slice(0, 64)
    .toLowerCase();
  return KINDS.find(([prefix]) => start.startsWith(prefix))?.[1] ?? null;
}

/** Types that a part of a MIME message may name, besides those of the table. */
export const OTHER_TYPES: readonly string[] = [
  'text/x-shellscript-per-boot',
  'text/x-shellscript-per-instance',
  'text/x-shellscript-per-once',
  'text/upstart-job',
];

export function isKnownType(type: string): boolean {
  return OTHER_TYPES.includes(type) || KINDS.some(([, known]) => known === type);
}
