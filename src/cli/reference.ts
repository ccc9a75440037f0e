import { type ArgumentSpec, type CommandSpec, type GroupSpec, type OptionSpec, optionsOf } from './command.ts';
import { exitCodesOf } from './help-text.ts';

/** docs/reference/cli.md: every command of the table with its arguments, options, examples and exit codes. */
export function renderReference(specs: readonly CommandSpec[], groups: readonly GroupSpec[]): string {
  const shown = specs.filter(({ hidden }) => hidden !== true);
  const rows = shown.map(
    (spec) => `| [\`lodge ${spec.path.join(' ')}\`](#lodge-${spec.path.join('-')}) | ${cell(spec.summary)} |`,
  );
  const withoutJson = shown
    .filter(({ json }) => json === false)
    .map(({ path }) => `\`${path.join(' ')}\``)
    .join(' and ');
  return [
    '# The command line',
    'Made from the command table (`src/cli/table*.ts`) by `npm run test:unit -- --test-update-snapshots`: do not edit.',
    [
      `Every command has \`--help\`, and \`--json\` but for ${withoutJson}, whose output is the guest's own. The result goes to stdout`,
      'and everything else to stderr. An error under `--json` is `{"error":{"code","message","hint","problems":[{"path","rule","value"}]}}`',
      'on stdout, with the same exit code; every code is explained in [errors.md](../errors.md). Exit 2 is what the words themselves make',
      'wrong, options and values alike, 3 a name or a file that is not there, 4 what was understood and refused. Sizes are `512MiB`, `10GiB`: powers',
      'of 1024 with their unit.',
      '`LODGE_ROOT=DIR` works on the instance under DIR. Where there is no DIR, what sets an instance up makes it (`create`, `setup`,',
      '`image build`, `image import`, `serve`, `daemon start`); every other command says so and ends with 3. `NO_COLOR` takes the colours away.',
    ].join('\n'),
    ['| command | does |', '|---|---|', ...rows].join('\n'),
    ...groups.map(({ name, summary }) => `\`lodge ${name}\` without a command lists its commands: ${summary}.`),
    ...shown.map(renderCommand),
  ]
    .join('\n\n')
    .concat('\n');
}

function renderCommand(spec: CommandSpec): string {
  const name = `lodge ${spec.path.join(' ')}`;
  const usage = [name, '[options]', ...(spec.arguments ?? []).map(argumentUsage)].join(' ');
  const summary = `${spec.summary[0]?.toUpperCase()}${spec.summary.slice(1)}.`;
  const examples = spec.examples.map(([line, meaning]) => `lodge ${line}  # ${meaning}`);
  return [
    `## ${name}`,
    [summary, spec.description ?? ''].join(' ').trim(),
    `\`\`\`sh\n${usage}\n\`\`\``,
    renderTerms(spec),
    `\`\`\`sh\n${examples.join('\n')}\n\`\`\``,
    `Exit codes: ${exitCodesOf(spec)}.`,
  ].join('\n\n');
}

function renderTerms(spec: CommandSpec): string {
  const args = (spec.arguments ?? []).map(({ name, summary }) => `| \`${name}\` | ${cell(summary)} |`);
  const options = optionsOf(spec).map(optionRow);
  return ['| | |', '|---|---|', ...args, ...options].join('\n');
}

function optionRow({ flags, summary, repeatable }: OptionSpec): string {
  const again = repeatable === true && !summary.includes('repeatable') ? '; repeatable' : '';
  return `| \`${flags}\` | ${cell(summary)}${again} |`;
}

function argumentUsage({ name, optional, variadic }: ArgumentSpec): string {
  const shape = variadic === true ? `${name}...` : name;
  return optional === true ? `[${shape}]` : `<${shape}>`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
