import type { ArgumentSpec, CommandSpec } from './command.ts';

const GUEST: ArgumentSpec = { name: 'name', summary: 'the guest', values: 'guest' };

export const CONSOLE_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['ssh'],
    summary: 'log in to a guest, or run a command in it',
    description:
      "Uses the system's ssh with Lodge's own key and the guest's known host key. What comes after -- is the guest's alone.",
    arguments: [
      { name: 'name', summary: 'the guest', values: 'guest' },
      { name: 'command', summary: 'what to run in it, after --', optional: true, variadic: true },
    ],
    examples: [
      ['ssh web1', 'a shell'],
      ['ssh web1 -- hostname', 'one command'],
    ],
    exitCodes: [3, 4],
    json: false,
    passThrough: true,
    exitNote: 'else the exit code of ssh, which is that of the command',
    load: () => import('./commands/ssh.ts'),
  },
  {
    path: ['exec'],
    summary: 'run a command in a guest by its agent, without network and SSH',
    description:
      'Passes input, output, errors and the exit code on (128 + n when signal n ended it). Needs qemu-guest-agent in the guest, which the ' +
      'images of Lodge have. The words go to the command as they are; no shell reads them. Input is sent when it is not a terminal. Ctrl-C ' +
      'ends the command in the guest, a second one kills it.',
    arguments: [
      { name: 'name', summary: 'the guest', values: 'guest' },
      { name: 'command', summary: 'what to run in it, after --', optional: true, variadic: true },
    ],
    options: [
      { flags: '--user <name>', summary: 'account in the guest, with its home, groups and environment (default root)' },
      { flags: '--cwd <directory>', summary: "directory in the guest (default the account's home)" },
      { flags: '--env <name=value>', summary: 'a variable more in its environment', repeatable: true },
      { flags: '-i, --interactive', summary: 'nothing more: input that is not a terminal is always sent' },
      { flags: '-t, --tty', summary: 'refused: for a terminal there are lodge ssh and lodge console' },
    ],
    examples: [
      ['exec web1 -- systemctl restart ssh', 'when SSH is broken'],
      ['exec web1 --user www-data -- id', 'as another account'],
      ["exec web1 -- sh -c 'echo $HOME | tr a-z A-Z'", 'with a shell of the guest'],
      ['exec web1 -- sh -c "cat >/root/dump" <dump', 'with input'],
    ],
    exitCodes: [3, 4, 130],
    passThrough: true,
    json: false,
    exitNote: 'else that of the command',
    load: () => import('./commands/exec.ts'),
  },
  {
    path: ['cp'],
    summary: 'copy files and directories into a guest, and from it',
    description:
      "By the guest's agent and its tar, without network and SSH. Directories are copied with all that is in them; modes, times and links " +
      'are kept, owners are not. A directory as the target gets the source under its own name, and what is in it otherwise stays. Files ' +
      'are written beside their place and renamed when they are whole. - is the standard input or output.',
    arguments: [
      {
        name: 'paths',
        summary: 'what, and at the end where to; NAME:PATH is in a guest',
        variadic: true,
        values: 'guest-or-file',
      },
    ],
    options: [
      { flags: '--user <name>', summary: 'account in the guest that reads, or owns what is written (default root)' },
      { flags: '-r, --recursive', summary: 'nothing more: directories are always copied whole' },
    ],
    examples: [
      ['cp site.conf web1:/etc/nginx/', 'a file into a directory'],
      ['cp web1:/var/log/syslog .', 'and from the guest'],
      ['cp site web1:/srv/site', 'a directory'],
      ['cp web1:/etc/hostname -', 'to the standard output'],
    ],
    exitCodes: [3, 4, 130],
    json: false,
    load: () => import('./commands/cp.ts'),
  },
  {
    path: ['console'],
    summary: "attach to a guest's serial console",
    description:
      'Ctrl-] leaves it. Piped input is sent as it is, and its end leaves the console. ' +
      'The images that Lodge builds have no password: lodge set NAME --password has one set by the agent when it is needed. The console is ' +
      'for what a guest says before SSH answers, for installers, and for a guest whose SSH is broken.',
    arguments: [GUEST],
    json: false,
    examples: [['console web1', 'Enter shows the login prompt']],
    exitCodes: [3, 4],
    load: () => import('./commands/console.ts'),
  },
  {
    path: ['vnc'],
    summary: "say how to reach a guest's screen, or open it",
    arguments: [GUEST],
    options: [{ flags: '--open', summary: 'start a VNC viewer that is installed here' }],
    examples: [
      ['vnc web1', 'the socket, and an ssh tunnel to it'],
      ['vnc web1 --open', 'with vncviewer, remote-viewer or another one at hand'],
    ],
    exitCodes: [3, 4],
    load: () => import('./commands/vnc.ts'),
  },
  {
    path: ['logs'],
    summary: "print what a guest's serial console or QEMU said",
    arguments: [GUEST],
    options: [
      { flags: '--source <source>', summary: 'serial or qemu (default serial)', values: ['serial', 'qemu'] },
      { flags: '-f, --follow', summary: 'go on with what comes' },
      { flags: '--tail <lines>', summary: 'only the last lines' },
    ],
    examples: [
      ['logs web1 --tail 50', 'the last 50 lines of the serial console'],
      ['logs web1 --source qemu', "QEMU's own messages"],
      ['logs web1 --follow', 'as it boots; Ctrl-C ends it'],
    ],
    exitCodes: [3, 4, 130],
    load: () => import('./commands/logs.ts'),
  },
  {
    path: ['command'],
    summary: "print QEMU's exact command line, one option a line",
    description: 'Of a running guest the one it was started with, else that of its next start.',
    arguments: [GUEST],
    options: [{ flags: '--shell', summary: 'end the lines with a backslash, to be pasted into a shell' }],
    examples: [
      ['command web1', 'for people'],
      ['command web1 --shell', 'for a shell'],
      ['command web1 --json', 'the array of arguments'],
    ],
    exitCodes: [3],
    load: () => import('./commands/command.ts'),
  },
];
