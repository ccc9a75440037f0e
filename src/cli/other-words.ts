/** What virsh, docker, incus and their like call it. A virsh user's `destroy` may mean `kill`: `rm` asks before it does anything. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  delete: 'rm',
  destroy: 'rm',
  attach: 'console',
  info: 'show',
  inspect: 'show',
  launch: 'create',
  list: 'ls',
  ps: 'ls',
  reboot: 'restart',
  remove: 'rm',
  run: 'create',
  shell: 'ssh',
  shutdown: 'stop',
  status: 'show',
  undefine: 'rm',
  version: '--version',
};

/** Our word for one that is usual in other tools, when it is among those there are: `list -> ls`. */
export function ourWordFor(typed: string, ours: readonly string[]): string | undefined {
  const word = Object.hasOwn(OTHER_WORDS, typed) ? OTHER_WORDS[typed] : undefined;
  return word !== undefined && ours.includes(word) ? word : undefined;
}

const OTHER_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  '--cd': ['--iso'],
  '--cdrom': ['--iso'],
  '--cores': ['--vcpus'],
  '--cpus': ['--vcpus'],
  '--force': ['--yes'],
  '-f': ['--yes', '--follow'],
  '--key': ['--ssh-key'],
  '--mem': ['--memory'],
  '--net': ['--link'],
  '--network': ['--link'],
  '-n': ['--tail', '--dry-run'],
  '--port': ['--publish'],
  '-p': ['--publish'],
  '--ram': ['--memory'],
  '--size': ['--disk'],
  '--smp': ['--vcpus'],
  '--ssh-keys': ['--ssh-key'],
};

/** Our option for one that is usual in other tools: `--ram -> --memory`, where the command has it. */
export function ourOptionFor(typed: string, ours: readonly string[]): string | undefined {
  const options = Object.hasOwn(OTHER_OPTIONS, typed) ? OTHER_OPTIONS[typed] : undefined;
  return options?.find((option) => ours.includes(option));
}
