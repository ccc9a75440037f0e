import type { ArgumentSpec, CommandSpec } from './command.ts';

const OPERATION: ArgumentSpec = { name: 'id', summary: 'the operation', values: 'operation' };

export const HOST_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['setup'],
    summary: 'install what is missing on the host, saying what first',
    options: [
      { flags: '--backports', summary: 'take the newer QEMU from Debian backports' },
      {
        flags: '--link',
        summary: 'only put lodge on the PATH: /usr/local/bin/lodge leads here, and bash completes it',
      },
      { flags: '--replace', summary: 'with --link: take the place of the link of another Lodge' },
      { flags: '--unlink', summary: 'only take that away again' },
      { flags: '--dry-run', summary: 'print the plan and change nothing' },
      { flags: '--detach', summary: 'print the operation and do not wait for its end' },
    ],
    examples: [
      ['setup', 'the first lodge create does this by itself'],
      ['setup --dry-run', 'what it would install'],
      ['setup --link', 'lodge instead of ./lodge from then on'],
    ],
    exitCodes: [4, 130],
    load: () => import('./commands/setup.ts'),
  },
  {
    path: ['doctor'],
    summary: 'check the host, and measure whether KVM works',
    description: 'The measurement is kept until the host, its kernel or QEMU changes.',
    options: [{ flags: '--refresh', summary: 'measure anew' }],
    examples: [
      ['doctor', 'each check, and how to mend what is wrong'],
      ['doctor --refresh', 'boots the probe again'],
    ],
    exitNote: '1 also when a check fails',
    load: () => import('./commands/doctor.ts'),
  },
  {
    path: ['operation', 'ls'],
    summary: 'list the last operations, newest first',
    examples: [['operation ls', 'running and ended ones']],
    load: () => import('./commands/operation-ls.ts'),
  },
  {
    path: ['operation', 'show'],
    summary: 'show the steps of an operation',
    arguments: [OPERATION],
    examples: [['operation show 7', 'each step with its time and reason']],
    exitCodes: [3],
    load: () => import('./commands/operation-show.ts'),
  },
  {
    path: ['operation', 'wait'],
    summary: 'show the progress of an operation until it ends',
    arguments: [OPERATION],
    examples: [['operation wait 7', 'after Ctrl-C during a create']],
    exitCodes: [3, 4, 130],
    exitNote: 'a failed operation ends it with the code of its error',
    load: () => import('./commands/operation-wait.ts'),
  },
  {
    path: ['operation', 'cancel'],
    summary: 'stop an operation and undo what it did',
    arguments: [OPERATION],
    examples: [['operation cancel 7', 'returns when everything is undone']],
    exitCodes: [3, 4, 130],
    load: () => import('./commands/operation-cancel.ts'),
  },
  {
    path: ['events'],
    summary: 'print what happens, as it happens',
    options: [{ flags: '--since <number>', summary: 'begin after the event with this number, if it is still known' }],
    examples: [
      ['events', 'until Ctrl-C'],
      ['events --json', 'one object a line'],
    ],
    exitCodes: [130],
    load: () => import('./commands/events.ts'),
  },
  {
    path: ['serve'],
    summary: 'run the daemon in the foreground',
    examples: [['serve', 'until Ctrl-C; guests go on']],
    exitNote: "else the daemon's own",
    load: () => import('./commands/serve.ts'),
  },
  {
    path: ['daemon', 'start'],
    summary: 'start the daemon; other commands do it by themselves',
    examples: [['daemon start', 'nothing when it runs already']],
    load: () => import('./commands/daemon-start.ts'),
  },
  {
    path: ['daemon', 'stop'],
    summary: 'stop the daemon; guests go on',
    examples: [['daemon stop', 'the next command starts it again']],
    load: () => import('./commands/daemon-stop.ts'),
  },
  {
    path: ['daemon', 'status'],
    summary: 'say whether the daemon runs, and with how much memory',
    examples: [['daemon status', 'ends with 5 when there is none']],
    load: () => import('./commands/daemon-status.ts'),
  },
  {
    path: ['api'],
    summary: 'send a request to the raw API',
    arguments: [
      { name: 'method', summary: 'GET, POST, PATCH or DELETE', values: ['GET', 'POST', 'PATCH', 'DELETE'] },
      { name: 'path', summary: 'e.g. /v1/guests', values: 'api-path' },
    ],
    options: [{ flags: '--data <json>', summary: 'the body as JSON, or @FILE, or @- for the standard input' }],
    examples: [
      ['api GET /v1/guests', 'what lodge ls reads'],
      ['api GET /v1/openapi.json', 'the description of the API'],
      [`api PATCH /v1/guests/web1 --data '{"vcpus":2}'`, 'a change'],
    ],
    exitCodes: [3, 4],
    load: () => import('./commands/api.ts'),
  },
  {
    path: ['completion'],
    summary: 'print the completion script of a shell',
    arguments: [{ name: 'shell', summary: 'bash, zsh or fish', values: ['bash', 'zsh', 'fish'] }],
    examples: [
      ['completion bash > /etc/bash_completion.d/lodge', 'for bash with the package bash-completion'],
      ['completion bash >> ~/.bashrc', 'for bash without it'],
      ["completion zsh > '/usr/share/zsh/vendor-completions/_lodge'", 'for zsh'],
      ['completion fish > /etc/fish/completions/lodge.fish', 'for fish'],
    ],
    load: () => import('./commands/completion.ts'),
  },
  {
    path: ['complete'],
    summary: 'answer the completion script of a shell',
    arguments: [{ name: 'words', summary: 'the words typed so far, after --', optional: true, variadic: true }],
    examples: [['complete -- show w', 'names that begin with w']],
    hidden: true,
    load: () => import('./commands/complete.ts'),
  },
];
