import type { ArgumentSpec, CommandSpec, OptionSpec } from './command.ts';
import { CREATE_COMMAND } from './table-create.ts';

const GUEST: ArgumentSpec = { name: 'name', summary: 'the guest', values: 'guest' };
const GUESTS: ArgumentSpec = {
  name: 'names',
  summary: 'one guest or several; when one of them does not exist, nothing is done to any',
  values: 'guest',
  variadic: true,
};
const WAIT: OptionSpec = { flags: '--wait', summary: 'end when SSH answers, not when QEMU runs' };
const DETACH: OptionSpec = { flags: '--detach', summary: 'print the operation and do not wait for its end' };
const TIMEOUT: OptionSpec = {
  flags: '--timeout <time>',
  field: 'timeoutMs',
  summary: 'how long the guest may take to shut down before it is killed, e.g. 90s or 2min (default 90s)',
};

export const GUEST_COMMANDS: readonly CommandSpec[] = [
  CREATE_COMMAND,
  {
    path: ['ls'],
    summary: 'list the guests',
    examples: [
      ['ls', 'a table of all guests'],
      ['ls --json', 'the same for a program'],
    ],
    load: () => import('./commands/ls.ts'),
  },
  {
    path: ['show'],
    summary: 'show everything about a guest',
    arguments: [GUEST],
    examples: [['show web1', 'its state, resources, addresses, disk and files']],
    exitCodes: [3],
    load: () => import('./commands/show.ts'),
  },
  {
    path: ['start'],
    summary: 'start guests',
    arguments: [GUESTS],
    options: [WAIT, DETACH],
    examples: [
      ['start web1', 'until QEMU runs'],
      ['start web1 web2 --wait', 'until both answer by SSH'],
    ],
    exitCodes: [3, 4, 130],
    load: () => import('./commands/start.ts'),
  },
  {
    path: ['stop'],
    summary: 'shut guests down',
    description:
      'Asks the guest by its agent or the power button, and kills it when the time is up. That is 0 too: the guest is stopped. The line ' +
      'then says that it was ended, and with --json the step shut-down has a warning.',
    arguments: [GUESTS],
    options: [TIMEOUT, DETACH],
    examples: [
      ['stop web1', 'asks, and kills after 90 s'],
      ['stop web1 --timeout 5min', 'gives a slow guest more time'],
    ],
    exitCodes: [3, 4, 130],
    load: () => import('./commands/stop.ts'),
  },
  {
    path: ['restart'],
    summary: 'shut guests down and start them again',
    description:
      'The guest comes back with every change that was made to it since its last start. One that does not shut down in time is ended, ' +
      'and the line says so.',
    arguments: [GUESTS],
    options: [TIMEOUT, WAIT, DETACH],
    examples: [['restart web1 --wait', 'until SSH answers again']],
    exitCodes: [3, 4, 130],
    load: () => import('./commands/restart.ts'),
  },
  {
    path: ['kill'],
    summary: 'end guests at once, as if the power was cut',
    description: 'A guest that is still being made, and has never run, goes with its create.',
    arguments: [GUESTS],
    options: [DETACH],
    examples: [['kill web1', 'without asking the guest']],
    exitCodes: [3, 4, 130],
    load: () => import('./commands/kill.ts'),
  },
  {
    path: ['rm'],
    summary: 'remove guests with their disks',
    description: 'Asks for the name, or y, on a terminal; elsewhere it needs --yes. A running guest is killed first.',
    arguments: [GUESTS],
    options: [{ flags: '-y, --yes', summary: 'do not ask' }, DETACH],
    examples: [
      ['rm web1', 'asks first'],
      ['rm web1 web2 --yes', 'for scripts'],
    ],
    exitCodes: [3, 4, 130],
    load: () => import('./commands/rm.ts'),
  },
  {
    path: ['set'],
    summary: 'change a guest',
    description: 'What a running guest cannot take over is applied by its next start.',
    arguments: [GUEST],
    options: [
      { flags: '--memory <size>', field: 'memoryMiB', summary: 'memory, e.g. 2GiB' },
      {
        flags: '--balloon <size>',
        field: 'balloonMiB',
        summary: 'how much of its memory the running guest may use, e.g. 512MiB',
      },
      { flags: '--vcpus <count>', summary: 'number of virtual CPUs' },
      { flags: '--disk <size>', field: 'diskSizeBytes', summary: 'size of the disk, larger than before, e.g. 20GiB' },
      {
        flags: '--restart <policy>',
        field: 'restartPolicy',
        summary: 'no, on-failure or always: when a guest that ended is started again',
        values: ['no', 'on-failure', 'always'],
      },
      { flags: '--start-with-host', field: 'startWithHost', summary: 'start the guest when the host has booted' },
      { flags: '--no-start-with-host', summary: 'do not' },
      { flags: '--iso <file>', summary: 'put a CD image into the drive', values: 'file' },
      { flags: '--eject', summary: 'empty the CD drive' },
      {
        flags: '--boot <order>',
        summary: 'boot order from its next start on; once=d means the CD at that start alone, e.g. order=cd,once=d',
      },
      {
        flags: '--publish <ports>',
        summary: 'host port that leads to a guest port, e.g. 8080:80 or 53:53/udp; replaces all earlier ones',
        repeatable: true,
      },
      { flags: '--unpublish', summary: 'publish no port any more' },
      {
        flags: '--max-connections <count>',
        field: 'maxConnections',
        summary: 'how many connections the guest may have at once; auto: its share of the host’s table',
        values: ['auto'],
      },
      {
        flags: '--ssh-key <file>',
        field: 'sshKeys',
        summary: 'public key that may log in; replaces all earlier ones, at the next start',
        values: 'file',
        repeatable: true,
      },
      {
        flags: '--password',
        summary: "have the running guest's agent set a new password, shown once, for lodge console",
      },
      {
        flags: '--password-stdin',
        field: 'password',
        summary: 'the same with the password that comes on the standard input',
      },
      { flags: '--user <name>', summary: 'whose password (default root)' },
    ],
    examples: [
      ['set web1 --password', 'a way in by lodge console, from this moment on'],
      ['set web1 --memory 2GiB --vcpus 2', 'from the next start on'],
      ['set web1 --disk 20GiB', 'grows the disk at once'],
      ['set web1 --publish 8080:80 --publish 8443:443', 'two ports of the host'],
    ],
    exitCodes: [3, 4],
    load: () => import('./commands/set.ts'),
  },
];
