import { createApiClient } from '../api/client.ts';
import { EXIT } from '../base/error-codes.ts';
import { forTerminal, valueForTerminal } from '../base/terminal-text.ts';
import { daemonArguments, lodgeVersion } from './built.ts';
import type { CommandSpec, ValueKind } from './command.ts';
import { daemonConnector } from './connect-daemon.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';
import { layoutFromEnvironment } from './layout.ts';
import { refuseNotUtf8 } from './not-utf8.ts';
import { createOutput } from './output.ts';
import { commandNamer, typedForm } from './typed-command.ts';

/** The wiring of the command line: this process's streams, signals and environment meet the table of commands here. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '--version' || argv[0] === '-V') {
    const version = lodgeVersion();
    process.stdout.write(`${argv.includes('--json') ? JSON.stringify({ version }) : version}\n`);
    return EXIT.done;
  }
  // What comes after --, or after the first word for the guest, is not ours.
  const ownEnd = argv.includes('--') ? argv.indexOf('--') : argv[0] === 'ssh' || argv[0] === 'exec' ? 3 : argv.length;
  const ownArguments = argv.slice(0, ownEnd);
  const { env } = process;
  const cwd = currentDirectory();
  const json = ownArguments.includes('--json');
  const onInterrupt = handleInterrupts();
  const [{ runCli }, { COMMANDS, GROUPS }] = await Promise.all([import('./run-cli.ts'), import('./table.ts')]);
  const ours = [...new Set(COMMANDS.map(({ path }) => path[0] ?? ''))];
  const named = commandNamer(typedForm(env, cwd), ours);
  const output = createOutput({ stdout: process.stdout, stderr: process.stderr, json, env, named });
  try {
    refuseNotUtf8(argv);
  } catch (error) {
    const { reportError } = await import('./report-error.ts');
    return reportError(error, output, env);
  }
  // Of what comes from guests, files and other programs: what is data stays as it is.
  const shown = json ? undefined : valueForTerminal;
  const makeContext = ({ root }: CommandSpec, input: CommandInput): CliContext => {
    // A plan for a root that is not there would have to make it.
    const makesRoot = root === 'made' && !input.flag('dry-run');
    const layout = layoutFromEnvironment(env.LODGE_ROOT, cwd);
    const start = async () => {
      const { isDaemonUnit, startDaemonUnit } = await import('./daemon-unit.ts');
      if (isDaemonUnit(layout)) return startDaemonUnit(layout);
      return (await import('./start-daemon.ts')).startDaemon(layout, daemonArguments());
    };
    return {
      env,
      cwd,
      layout,
      // Node opens the stream when it is asked for: 4 ms that most commands need not wait for.
      get stdin() {
        return process.stdin;
      },
      output,
      client: createApiClient(daemonConnector(layout, { start, makesRoot }), shown),
      clientIfRunning: createApiClient(daemonConnector(layout, { makesRoot }), shown),
      answerCompletion: async (words) => {
        const [{ answerCompletion }, { liveNames }] = await Promise.all([
          import('./answer-completion.ts'),
          import('./live-names.ts'),
        ]);
        const client = createApiClient(daemonConnector(layout));
        const namesOf = (kind: ValueKind) => liveNames(kind, client);
        return answerCompletion(words, { specs: COMMANDS, groups: GROUPS, namesOf });
      },
      onInterrupt,
    };
  };
  return runCli(argv, { version: lodgeVersion(), groups: GROUPS, specs: COMMANDS, output, env, makeContext });
}

/** A directory that somebody removed has no name any more; what is relative to it is not there, and is told as that. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return process.env.PWD ?? '/';
  }
}

/** Ctrl-C ends with 130 unless a command has something better to do. */
function handleInterrupts(): CliContext['onInterrupt'] {
  const end = () => process.exit(EXIT.interrupted);
  process.on('SIGINT', end);
  return (handler) => {
    process.off('SIGINT', end).on('SIGINT', handler);
    return () => process.off('SIGINT', handler).on('SIGINT', end);
  };
}

// A reader that has seen enough, as in `lodge ls | head -1`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  const why = error.code === 'ENOSPC' ? 'there is no room' : (error.code ?? error.message);
  process.stderr.write(`lodge: the output could not be written: ${why}\n`);
  process.exit(EXIT.failed);
});

/** A pipe takes 64 KiB at once: what its reader has not taken yet would be lost with the process. A file says at once that it is full. */
async function drain(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0 || stream.errored !== null)
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

main(process.argv.slice(2)).then(
  async (code) => {
    await drain(process.stdout);
    await drain(process.stderr);
    process.exit(code);
  },
  (error: unknown) => {
    process.stderr.write(
      forTerminal(`lodge: this is a bug: ${error instanceof Error ? error.stack : String(error)}\n`),
    );
    process.exit(EXIT.failed);
  },
);
