import { NETWORK_LAYOUTS } from '../model/network-plan.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './command.ts';

const FACTS: OptionSpec = {
  flags: '--facts <file>',
  summary: 'facts of another host, made there by lodge net facts; - is the standard input. This host is not read then',
  values: 'file',
};

const PLAN: ArgumentSpec = { name: 'number', summary: 'the plan; else the newest', optional: true, values: 'plan' };

/** `lodge net …`: the host's network, from reading it to changing it with a way back. */
export const NETWORK_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['net', 'show'],
    summary: 'show links, addresses, routes and bridges, each line with what it means',
    options: [FACTS],
    examples: [
      ['net show', 'the network on one page, read only'],
      ['net show --facts other.json', 'of another host'],
    ],
    exitCodes: [3, 4],
    load: () => import('./commands/net-show.ts'),
  },
  {
    path: ['net', 'explain'],
    summary: 'say what is surprising about the network, why, and how to mend it',
    description: 'Reads and changes nothing; works on a host that Lodge does not manage.',
    options: [FACTS],
    examples: [
      ['net explain', 'alarms, surprises and notes in words'],
      ['net explain --facts other.json', 'of another host'],
    ],
    exitCodes: [3, 4],
    load: () => import('./commands/net-explain.ts'),
  },
  {
    path: ['net', 'import'],
    summary: 'read what the provider delivered, and write it to host.yaml',
    description:
      'From what runs and from the files of whoever configures the network. Nothing on the network is changed, and nothing is written but /etc/lodge/host.yaml, its schema beside it and, as host.yaml.before, what was there.',
    options: [
      { flags: '--dry-run', summary: 'tell what was found and write nothing' },
      {
        flags: '--replace',
        summary:
          'write over a host.yaml that says something else; your extra addresses and comments stay, unless it has mistakes: then it is written anew',
      },
    ],
    examples: [
      ['net import', 'the first thing to do on a new host'],
      ['net import --dry-run', 'what it found, and why it thinks so'],
    ],
    exitCodes: [4],
    load: () => import('./commands/net-import.ts'),
  },
  {
    path: ['net', 'facts'],
    summary: "print everything about the host's network as JSON, without secrets",
    description: 'What lodge net explain reads, here or on another machine: send it to whoever is to help you.',
    options: [{ flags: '--output <file>', summary: 'write it to a file', values: 'file' }],
    examples: [
      ['net facts > facts.json', 'links, addresses, routes, rules and files'],
      ['net facts --output facts.json', 'the same, in a file that only you can read'],
    ],
    load: () => import('./commands/net-facts.ts'),
  },
  {
    path: ['net', 'plan'],
    summary: 'plan a layout of the network, and change nothing',
    description:
      'routed: guests behind the host, the uplink stays as it is. bridged: guests on the wire with virtual MACs of the provider. subnet-bridge: a bridge of their own for a routed subnet.',
    arguments: [{ name: 'number', summary: 'a plan to show again', optional: true, values: 'plan' }],
    options: [{ flags: '--layout <layout>', summary: 'routed, bridged or subnet-bridge', values: NETWORK_LAYOUTS }],
    examples: [
      ['net plan --layout routed', 'each step with its reason, the files as a difference'],
      ['net plan 3', 'plan 3 once more'],
    ],
    exitCodes: [3, 4],
    load: () => import('./commands/net-plan.ts'),
  },
  {
    path: ['net', 'prove'],
    summary: 'run a plan in a simulated provider',
    description: 'In network namespaces of its own: nothing of this host is touched. Takes less than a minute.',
    arguments: [PLAN],
    examples: [
      ['net prove', 'the plan that was made last'],
      ['net prove 3 --json', 'every check as data'],
    ],
    exitCodes: [3, 4, 130],
    exitNote: '1 also when a check is red',
    load: () => import('./commands/net-prove.ts'),
  },
  {
    path: ['net', 'apply'],
    summary: "change the host's network; it comes back by itself unless you confirm",
    description:
      'Changes what runs, not a file. Then you log in anew and type lodge net confirm with the token that is printed: files are written then. Without it, or when this terminal, the daemon or the host ends, the old network is back.',
    arguments: [PLAN],
    options: [
      {
        flags: '--confirm-within <time>',
        field: 'confirmWithinMs',
        summary: 'how long you have, 5s to 1h; default 120s',
      },
      { flags: '--unproven', summary: 'apply a plan that lodge net prove has not found green' },
      {
        flags: '--target <address>',
        field: 'targets',
        summary: 'an address outside that has to answer afterwards where it answered before',
        repeatable: true,
      },
    ],
    examples: [
      ['net apply', 'the plan that was made and proven last'],
      ['net apply 3 --confirm-within 5min', 'plan 3, with more time to log in'],
    ],
    exitCodes: [3, 4, 130],
    exitNote: '1 also when the old network is back',
    load: () => import('./commands/net-apply.ts'),
  },
  {
    path: ['net', 'confirm'],
    summary: 'keep the change: type it over a new connection',
    arguments: [{ name: 'token', summary: 'as lodge net apply has printed it' }],
    options: [{ flags: '--from-console', summary: 'this is no SSH connection, and you know that the network works' }],
    examples: [['net confirm k3f9-x2m7', 'over a connection that did not exist before the change']],
    exitCodes: [4],
    exitNote: '1 also when it came too late or the files cannot be written: the old network is back',
    load: () => import('./commands/net-confirm.ts'),
  },
  {
    path: ['net', 'rollback'],
    summary: 'take the change back that is under way, or make the plan back to an older one',
    arguments: [
      {
        name: 'number',
        summary: 'the plan to go back to, 0 for what the provider delivered',
        optional: true,
        values: 'plan',
      },
    ],
    examples: [
      ['net rollback', 'now, without waiting for the time to be over'],
      ['net rollback 0', 'the plan back to what the provider delivered, to be proven and applied'],
    ],
    exitCodes: [3, 4],
    load: () => import('./commands/net-rollback.ts'),
  },
  {
    path: ['net', 'status'],
    summary: 'show the plan in force, the change under way, every plan, and the MAC guard',
    examples: [['net status', 'and until when a change waits for its confirmation']],
    load: () => import('./commands/net-status.ts'),
  },
];
