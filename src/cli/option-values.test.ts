import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { createApiClient } from '../api/client.ts';
import { layoutOf } from '../model/layout.ts';
import { type CommandSpec, type OptionSpec, optionFlags, optionsOf, takesValue } from './command.ts';
import { daemonConnector } from './connect-daemon.ts';
import { createOutput } from './output.ts';
import { runCli } from './run-cli.ts';
import { COMMANDS, GROUPS } from './table.ts';

/** What a line says on stderr, and its exit code; it must come to an end before any command begins, unless a daemon is given. */
async function said(words: readonly string[], root = ''): Promise<{ code: number; text: string }> {
  let text = '';
  const stderr = { write: (chunk: string) => (text += chunk) };
  const output = createOutput({ stdout: { write: () => undefined }, stderr, json: false, env: {} });
  const layout = layoutOf(root);
  const client = createApiClient(daemonConnector(layout));
  const context = {
    env: { HOME: root },
    cwd: '/',
    layout,
    stdin: process.stdin,
    output,
    client,
    clientIfRunning: client,
  };
  const makeContext = () => {
    if (root === '') assert.fail(`${words.join(' ')} began`);
    return { ...context, answerCompletion: async () => '', onInterrupt: () => () => undefined };
  };
  const code = await runCli(words, { version: '0', groups: GROUPS, specs: COMMANDS, output, env: {}, makeContext });
  return { code, text };
}

const operands = (spec: CommandSpec) =>
  (spec.arguments ?? [])
    .filter(({ optional }) => optional !== true)
    .map(({ values }) => (values === 'plan' ? '1' : 'web1'));
const line = (spec: CommandSpec, ...words: string[]) => [...spec.path, ...words];
const long = (option: OptionSpec) => optionFlags(option).at(-1) ?? '';
const visible = COMMANDS.filter(({ path }) => path[0] !== 'complete');
const each = visible.flatMap((spec) => optionsOf(spec).map((option) => ({ spec, option, flag: long(option) })));

/** Told by the option, in our words: commander would begin with `error:` and put the option in quotes. */
function assertTold({ code, text }: { code: number; text: string }, flag: string, words: readonly string[]): void {
  assert.equal(code, 2, words.join(' '));
  assert.ok(text.startsWith(`lodge: ${flag}: `), `${words.join(' ')}: ${text}`);
  assert.doesNotMatch(text, /error:|unknown option|argument missing|too many arguments|got null/, words.join(' '));
}

describe('every option of every command, typed wrongly', () => {
  test('a letter too many is told by the option, with the right one', async () => {
    for (const { spec, flag } of each) {
      const words = line(spec, `${flag}x`, ...(spec.passThrough === true ? ['web1'] : operands(spec)));
      const answer = await said(words);
      assertTold(answer, `${flag}x`, words);
      assert.match(answer.text, new RegExp(`did you mean ${flag}\\?`), words.join(' '));
    }
  });

  test('a switch with a value, joined or not', async () => {
    for (const { spec, option, flag } of each) {
      if (takesValue(option)) continue;
      const joined = line(spec, ...operands(spec), `${flag}=yes`);
      assertTold(await said(joined), flag, joined);
      // Where any number of words may come it is one of them, and where one more may, too.
      if ((spec.arguments ?? []).some(({ variadic, optional }) => variadic === true || optional === true)) continue;
      const apart = line(spec, ...operands(spec), flag, 'yes');
      assertTold(await said(apart), flag, apart);
    }
  });

  test('no value where one is needed, at the end or before another option', async () => {
    for (const { spec, option, flag } of each) {
      if (!takesValue(option)) continue;
      for (const rest of [[], ['--'], [long(optionsOf(spec).at(-1) ?? option)]]) {
        const words = line(spec, ...operands(spec), flag, ...rest);
        assertTold(await said(words), flag, words);
      }
    }
  });

  test('a value that its option does not know', async () => {
    await using daemon = await startFakeDaemon();
    for (const { spec, option, flag } of each) {
      if (!takesValue(option) || !Array.isArray(option.values) || option.values.includes('none' as never)) continue;
      const words = line(spec, ...(spec.path[1] === 'plan' ? [] : operands(spec)), flag, 'ünknown');
      const { code, text } = await said(words, daemon.root);
      assert.equal(code, 4, words.join(' '));
      assert.match(text, new RegExp(`\\n {2}${flag}: must be .*, got "ünknown"\\n`), words.join(' '));
    }
  });
});

describe('lines that are no command', () => {
  const lines: [string[], RegExp][] = [
    [['create'], /^lodge: <name>: must be given: its name.*\n {2}hint: for example: lodge create web1\n$/],
    [['ls', 'web1'], /^lodge: web1: is one word too many: lodge ls takes no argument\n {2}hint: lodge ls --help\n$/],
    [['show', 'web1', 'web2'], /^lodge: web2: is one word too many: lodge show takes <name> alone\n/],
    [
      ['set', 'web1', '--unpublish', '8080'],
      /^lodge: --unpublish: takes no value: it is either there or not, got "8080"\n/,
    ],
    [
      ['create', 'web1', '--ram', '2GiB'],
      /^lodge: --ram: lodge create has no such option\n {2}hint: did you mean --memory\?\n/,
    ],
    [['create', 'web1', '--mem', '2GiB'], /did you mean --memory\?/],
    [['rm', 'web1', '--force'], /did you mean --yes\?/],
    [['rm', 'web1', '-x'], /^lodge: -x: lodge rm has no such option\n/],
    [['--list'], /^lodge: --list: lodge has no such option before its command\n/],
    [['net', '--layout', 'routed'], /^lodge: --layout: lodge net has no such option before its command\n/],
    [
      ['create', '--memroy', '1GiB', '--vcpus'],
      /^lodge: lodge create was not understood\n {2}--memroy: .*\n {2}--vcpus: needs .*\n/,
    ],
  ];
  for (const [words, expected] of lines) {
    test(words.join(' '), async () => {
      const { code, text } = await said(words);
      assert.equal(code, 2);
      assert.match(text, expected);
    });
  }

  test('help wins over everything else that is wrong, wherever it stands', async () => {
    assert.deepEqual(await said(['create', '--memroy', '--help']), { code: 0, text: '' });
    assert.deepEqual(await said(['help', 'net', 'plan']), { code: 0, text: '' });
    assert.deepEqual(await said(['help', '--json']), { code: 0, text: '' });
    assert.equal((await said(['help', 'crate'])).code, 2);
  });
});
