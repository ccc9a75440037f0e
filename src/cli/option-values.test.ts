import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorAnswer, startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { runLine } from '../../test/support/run-line.ts';
import { type CommandSpec, type OptionSpec, optionFlags, optionsOf, takesValue } from './command.ts';
import { COMMANDS } from './table.ts';

const operands = (spec: CommandSpec) =>
  (spec.arguments ?? [])
    .filter(({ optional }) => optional !== true)
    .map(({ values }) =>
      values === 'plan' ? '1' : values === 'api-path' ? '/v1/x' : Array.isArray(values) ? values[0] : 'web1',
    );
const line = (spec: CommandSpec, ...words: string[]) => [...spec.path, ...words];
const long = (option: OptionSpec) => optionFlags(option).at(-1) ?? '';
const visible = COMMANDS.filter(({ path }) => path[0] !== 'complete');
const each = visible.flatMap((spec) => optionsOf(spec).map((option) => ({ spec, option, flag: long(option) })));

/** Who is in the guest, what QEMU knows, which image there is: nobody can tell from the words. */
const JUDGED_ELSEWHERE = ['--image', '--cpu', '--user', '--cwd'];

function isTryOut(body: unknown): boolean {
  return (body as { dryRun?: boolean }).dryRun === true;
}

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
      const answer = await runLine(words);
      assertTold(answer, `${flag}x`, words);
      assert.match(answer.text, new RegExp(`did you mean ${flag}\\?`), words.join(' '));
    }
  });

  test('a switch with a value, joined or not', async () => {
    for (const { spec, option, flag } of each) {
      if (takesValue(option)) continue;
      const joined = line(spec, ...operands(spec), `${flag}=yes`);
      assertTold(await runLine(joined), flag, joined);
      // Where any number of words may come it is one of them, and where one more may, too.
      if ((spec.arguments ?? []).some(({ variadic, optional }) => variadic === true || optional === true)) continue;
      const apart = line(spec, ...operands(spec), flag, 'yes');
      assertTold(await runLine(apart), flag, apart);
    }
  });

  test('no value where one is needed, at the end or before another option', async () => {
    for (const { spec, option, flag } of each) {
      if (!takesValue(option)) continue;
      for (const rest of [[], ['--'], [long(optionsOf(spec).at(-1) ?? option)]]) {
        const words = line(spec, ...operands(spec), flag, ...rest);
        assertTold(await runLine(words), flag, words);
      }
    }
  });

  test('a value that breaks the rule of its option is a wrong line as well, and no request is made of it', async () => {
    await using daemon = await startFakeDaemon();
    for (const { spec, option, flag } of each) {
      if (!takesValue(option) || JUDGED_ELSEWHERE.includes(flag) || option.values === 'file') continue;
      const words = line(spec, ...(spec.path[1] === 'plan' ? [] : operands(spec)), flag, 'ünknown');
      const { code, text } = await runLine(words, daemon.root);
      assert.equal(code, 2, `${words.join(' ')}: ${text}`);
      assert.match(text, new RegExp(`${flag}: must be `), words.join(' '));
      const changes = daemon.requests.filter(({ body }) => body !== undefined && !isTryOut(body));
      assert.deepEqual(changes, [], words.join(' '));
    }
  });

  test('a value that only the daemon can judge is sent, and its no is 4', async () => {
    await using daemon = await startFakeDaemon();
    const problems = [{ path: 'field', rule: 'must be another one', value: 'ünknown' }];
    for (const { spec, option, flag } of each) {
      if (!takesValue(option) || !JUDGED_ELSEWHERE.includes(flag)) continue;
      if (spec.path[0] === 'exec' || spec.path[0] === 'cp') continue;
      const refusal = () =>
        errorAnswer(422, { code: 'VALIDATION_FAILED', message: 'guest web1 is not valid', problems });
      for (const route of ['POST /v1/guests', 'PATCH /v1/guests/*', 'POST /v1/guests/*/password'])
        daemon.on(route, refusal);
      const more = flag === '--user' ? ['--password'] : [];
      const words = line(spec, ...operands(spec), flag, 'ünknown', ...more);
      assert.equal((await runLine(words, daemon.root)).code, 4, words.join(' '));
    }
  });

  test('a value given twice is refused, except where several are meant', async () => {
    await using daemon = await startFakeDaemon();
    for (const { spec, option, flag } of each) {
      if (!takesValue(option) || option.repeatable === true) continue;
      const twice = [flag, 'one', `${flag}=two`].flatMap((word) => (flag.startsWith('--') ? [word] : []));
      const words = line(spec, ...(spec.passThrough === true ? [] : operands(spec)), ...twice);
      if (spec.passThrough === true) words.push('web1', '--', 'true');
      const answer = await runLine(words, daemon.root);
      assertTold(answer, flag, words);
      assert.match(answer.text, /is given 2 times, with "one" and "two": it takes one value\n/);
    }
    assert.deepEqual(daemon.requests, []);
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
    [['create', '--name', 'c6'], /hint: the name comes without an option: lodge create c6\n$/],
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
      const { code, text } = await runLine(words);
      assert.equal(code, 2);
      assert.match(text, expected);
    });
  }

  test('a value is judged by more than its form where the line alone shows it', async () => {
    await using daemon = await startFakeDaemon();
    const wrong: [string[], RegExp][] = [
      [['create', 'web1', '--image', 'https://images.example/x.qcow2'], /--checksum: must be given for a URL/],
      [['image', 'import', 'https://images.example/x.qcow2'], /--checksum: must be given for a URL/],
      [['create', 'web1', '--boot', 'xx'], /--boot: must be order=LETTERS/],
      [['create', 'web1', '--vcpus', '0'], /\n {2}--vcpus: must be at least 1, got "0"\n$/],
      [['create', 'web1', '--vcpus', '513'], /\n {2}--vcpus: must be at most 512, got "513"\n$/],
      [['create', 'web1', '--memory', '0GiB'], /--memory: must be at least 64MiB, got "0GiB"\n$/],
      [['create', 'web1', '--memory', '0'], /--memory: must be a size such as 512MiB or 10GiB, got "0"\n$/],
      [['create', 'web1', '--disk', '500TiB'], /--disk: must be between 1MiB and 64TiB, got "500TiB"\n$/],
      [['create', 'web1', '--max-connections', '5'], /--max-connections: must be auto or a whole number from 16 to /],
      [['set', 'web1', '--vcpus', '0'], /--vcpus: must be at least 1, got "0"\n$/],
      [['set', 'web1', '--memory', '17TiB'], /--memory: must be at most 16TiB, got "17TiB"\n$/],
      [['set', 'web1', '--balloon', '1MiB'], /--balloon: must be at least 64MiB, got "1MiB"\n$/],
      [['set', 'web1', '--disk', '500TiB'], /--disk: must be between 1MiB and 64TiB, got "500TiB"\n$/],
      [['set', 'web1', '--max-connections', '0'], /--max-connections: must be auto or a whole number from 16 to /],
      [['stop', 'web1', '--timeout', '1d'], /--timeout: must be at most 1h, got "1d"/],
      [['restart', 'web1', '--timeout', '2h'], /--timeout: must be at most 1h, got "2h"/],
      [['net', 'apply', '--confirm-within', '1s'], /--confirm-within: must be from 5s to 1h, got "1s"/],
      [['image', 'import', 'ftp://x/y'], /\n {2}<source>: must be a file's path or an http\(s\) URL, got "ftp:/],
      [
        ['image', 'import', 'file:///srv/a.img'],
        /<source>: must be .* URL \(did you mean \/srv\/a\.img\?\), got "file:/,
      ],
      [
        ['create', 'web1', '--image', 'ftp://x/y'],
        /--image: must be an image's name, a file's path or an http\(s\) URL, /,
      ],
      [
        ['create', 'web1', '--iso', 'file:///srv/a.iso'],
        /--iso: must be a file's path, not .* \(did you mean \/srv\/a\.iso\?\)/,
      ],
      [
        ['create', 'web1', '--ipv4', 'none', '--ipv6', 'none'],
        /--ipv4: must be auto or an address when --ipv6 is none, /,
      ],
      [['create', 'localhost'], /<name>: must be another name: localhost is reserved, every host's \/etc\/hosts /],
      [['create', 'ip6-allnodes', '--dry-run'], /<name>: must be another name: ip6-allnodes is reserved, /],
      [
        ['create', 'web1', '--publish', 'localhost:8080:80'],
        /localhost is no address \(did you mean 127\.0\.0\.1:8080:80\?\)/,
      ],
    ];
    for (const [words, expected] of wrong) {
      const { code, text } = await runLine(words, daemon.root);
      assert.equal(code, 2, text);
      assert.match(text, expected);
    }
  });

  test('an empty name is told by its place, in every command, and the sentence has no hole', async () => {
    for (const spec of visible) {
      const [first] = spec.arguments ?? [];
      if (first === undefined) continue;
      const words = line(spec, '', ...operands(spec).slice(1));
      const { code, text } = await runLine(words);
      assert.equal(code, 2, words.join(' '));
      assert.match(text, new RegExp(`<${first.name}>: must not be empty, got ""`), words.join(' '));
      assert.doesNotMatch(text, /\S {2,}\S/, words.join(' '));
    }
    await using daemon = await startFakeDaemon();
    const blank = await runLine(['create', ' '], daemon.root);
    assert.match(blank.text, /^lodge: create " ": not possible as typed\n/);
  });

  test('options that do not go together are refused, and none is silently left out', async () => {
    await using daemon = await startFakeDaemon();
    const pairs: [string[], RegExp][] = [
      [['create', 'web1', '--dry-run', '--detach'], /--detach: must come without --dry-run, which begins nothing/],
      [['setup', '--dry-run', '--detach'], /--detach: must come without --dry-run, which begins nothing/],
      [['setup', '--dry-run', '--backports'], /--backports: must come without --dry-run, which says whether they/],
    ];
    for (const [words, rule] of pairs) {
      const { code, text } = await runLine(words, daemon.root);
      assert.equal(code, 2, text);
      assert.match(text, rule);
    }
  });

  test('help wins over everything else that is wrong, wherever it stands', async () => {
    for (const words of [
      ['create', '--memroy', '--help'],
      ['help', 'net', 'plan'],
      ['help', '--json'],
    ]) {
      const { code, text } = await runLine(words);
      assert.deepEqual({ code, text }, { code: 0, text: '' });
    }
    assert.equal((await runLine(['help', 'crate'])).code, 2);
  });

  test('help is data under --json, of one command, of a noun, and of all', async () => {
    const asked = async (...words: string[]) => JSON.parse((await runLine(words, '', true)).out);
    for (const words of [
      ['help', 'create', '--json'],
      ['create', '--help', '--json'],
      ['create', '--json', '-h'],
    ]) {
      const help = await asked(...words);
      assert.equal(help.command, 'create');
      assert.ok(
        help.options.some(({ flags }: { flags: string[] }) => flags.includes('--memory')),
        words.join(' '),
      );
    }
    assert.equal((await asked('help', '--json')).commands.length, visible.length);
    assert.equal((await asked('--help', '--json')).commands.length, visible.length);
    const net = await asked('net', '--help', '--json');
    assert.ok(net.commands.every(({ command }: { command: string }) => command.startsWith('net ')));
  });
});
