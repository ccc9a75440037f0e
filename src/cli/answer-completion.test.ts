import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { operation } from '../../test/support/fake-answers.ts';
import { startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { createApiClient } from '../api/client.ts';
import { layoutOf } from '../model/layout.ts';
import { answerCompletion } from './answer-completion.ts';
import { type ArgumentSpec, optionFlags, optionsOf, takesValue, type Values } from './command.ts';
import { daemonConnector } from './connect-daemon.ts';
import { liveNames } from './live-names.ts';
import { COMMANDS, GROUPS } from './table.ts';

/** One name of each kind that a daemon knows. */
const NAMES: Record<string, string> = {
  guest: 'web1',
  image: 'debian-12',
  'image-or-file': 'debian-12',
  'guest-or-file': 'web1:',
  operation: 'a1b2',
  'running-operation': 'c3d4',
  plan: '3',
  'api-path': '/v1/guests',
};

async function complete(...words: string[]): Promise<{ words: string[]; files: boolean }> {
  const namesOf = async (kind: string) => [NAMES[kind] ?? assert.fail(`nobody knows a ${kind}`)];
  const lines = (await answerCompletion(words, { specs: COMMANDS, groups: GROUPS, namesOf })).trimEnd().split('\n');
  return { words: lines.slice(0, -1).map((line) => line.split('\t')[0] ?? ''), files: lines.at(-1) === ':0' };
}

const visible = COMMANDS.filter(({ hidden }) => hidden !== true);

/** What the last word has to be offered for a kind of value. */
function assertOffers(offered: { words: string[]; files: boolean }, values: Values, what: string): void {
  const isFile = typeof values === 'string' && (values === 'file' || values.endsWith('-or-file'));
  assert.equal(offered.files, isFile, `${what}: files`);
  const names = values === 'file' ? [] : typeof values === 'string' ? [NAMES[values]] : values;
  assert.deepEqual(offered.words, names, what);
}

test('the value of every option is completed, behind it and joined to it', async () => {
  for (const spec of visible) {
    for (const option of optionsOf(spec).filter(takesValue)) {
      for (const flag of optionFlags(option)) {
        const what = `${spec.path.join(' ')} ${flag}`;
        if (option.values === undefined) {
          assert.deepEqual(await complete(...spec.path, flag, ''), { words: [], files: false }, what);
          continue;
        }
        assertOffers(await complete(...spec.path, flag, ''), option.values, what);
        if (flag.startsWith('--')) assertOffers(await complete(...spec.path, `${flag}=`), option.values, `${what}=`);
      }
    }
  }
});

test('every option with a choice of words or files is one that completes: the others name what only the user can know', () => {
  const free = /<(size|count|model|order|address|ports|sum|time|lines|number|json|name|directory|name=value)>/;
  for (const spec of visible) {
    for (const option of optionsOf(spec).filter(takesValue)) {
      const what = `${spec.path.join(' ')} ${option.flags}`;
      if (option.values === undefined) assert.match(option.flags, free, what);
      if (option.flags.includes('<file>')) assert.equal(option.values, 'file', what);
    }
  }
});

test('a name that stands there already is not offered again, in another place it is', async () => {
  assert.deepEqual((await complete('rm', 'web1', '')).words, []);
  assert.deepEqual((await complete('rm', 'web2', '')).words, ['web1']);
  assert.deepEqual((await complete('cp', 'web1:', '')).words, ['web1:'], 'from a guest to itself');
});

test('what can be cancelled is an operation that runs', async () => {
  await using daemon = await startFakeDaemon();
  const done = operation({ id: 'ended', state: 'done' });
  daemon.on('GET /v1/operations', () => [operation({ id: 'runs' }), done]);
  const client = createApiClient(daemonConnector(layoutOf(daemon.root)));
  assert.deepEqual(await liveNames('running-operation', client), ['runs']);
  assert.deepEqual(await liveNames('operation', client), ['runs', 'ended']);
});

test('every argument that names something is completed, the one that may come again also behind the first', async () => {
  const isNew: Record<string, string> = { create: 'name', 'net confirm': 'token', ssh: 'command', exec: 'command' };
  for (const spec of visible) {
    const before: string[] = [];
    for (const argument of spec.arguments ?? []) {
      const what = `${spec.path.join(' ')} <${argument.name}>`;
      if (argument.values === undefined) assert.equal(isNew[spec.path.join(' ')], argument.name, what);
      else
        for (const words of variants(argument, before))
          assertOffers(await complete(...spec.path, ...words, ''), argument.values, what);
      before.push('x');
    }
  }
});

const variants = ({ variadic }: ArgumentSpec, before: string[]) => [
  before,
  ...(variadic === true ? [[...before, 'a', 'b']] : []),
];

test('options that came before do not count as arguments, and what came is not offered again', async () => {
  assert.deepEqual((await complete('set', '--memory', '1GiB', '--eject', 'w')).words, ['web1']);
  assert.deepEqual((await complete('set', '--memory=1GiB', '-h', '')).words, ['web1']);
  assert.deepEqual((await complete('show', 'web1', '')).words, []);
  assert.deepEqual((await complete('set', 'web1', '--iso', 'a', '--iso', '')).files, true);
  assert.deepEqual((await complete('create', 'a', '--firmware', 'bios', '--firm')).words, []);
  assert.deepEqual((await complete('create', 'a', '--publish', '1:1', '--publ')).words, ['--publish']);
  assert.deepEqual((await complete('create', 'a', '--no-st')).words, ['--no-start-with-host']);
  assert.deepEqual((await complete('ls', '--')).words, ['--json', '--help']);
});

describe('help', () => {
  test('its subjects are the commands and their nouns', async () => {
    const { words } = await complete('help', '');
    const tops = new Set([...visible.map(({ path }) => path[0]), ...GROUPS.map(({ name }) => name)]);
    assert.deepEqual(new Set(words), tops);
    assert.equal((await complete('')).words.includes('help'), true);
  });

  test('behind a noun the subjects are its commands', async () => {
    const { words } = await complete('help', 'net', '');
    assert.deepEqual(words, NET);
    assert.deepEqual((await complete('net', '')).words, [...NET, '--help']);
    assert.deepEqual((await complete('help', 'show', '')).words, []);
  });
});

const NET = COMMANDS.filter(({ path }) => path[0] === 'net').map(({ path }) => path[1] ?? '');
