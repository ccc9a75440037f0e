/** What virsh, docker, incus and their like call it. A virsh user's `destroy` may mean `kill`: `rm` asks before it does anything. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  delete: 'rm',
  destroy: 'rm',
  info: 'show',
  inspect: 'show',
  list: 'ls',
  ps: 'ls',
  reboot: 'restart',
  remove: 'rm',
  shutdown: 'stop',
  undefine: 'rm',
  version: '--version',
};

/** Our word for one that is usual in other tools, when it is among those there are: `list -> ls`. */
export function ourWordFor(typed: string, ours: readonly string[]): string | undefined {
  const word = Object.hasOwn(OTHER_WORDS, typed) ? OTHER_WORDS[typed] : undefined;
  return word !== undefined && ours.includes(word) ? word : undefined;
}
