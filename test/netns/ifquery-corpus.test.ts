import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { InterfacesDocument } from '../../src/model/interfaces-document.ts';
import { globToRegExp } from '../../src/parse/glob.ts';
import { parseInterfaces } from '../../src/parse/interfaces.ts';
import { interfacesRefusal, readInterfaces } from '../../src/parse/interfaces-inherit.ts';
import { listInterfaces, queryInterface } from '../../src/parse/interfaces-query.ts';
import { type CorpusEntry, INTERFACES, readInterfacesCorpus } from '../support/interfaces-corpus.ts';
import { Namespaces } from '../support/netns.ts';

/**
 * Debian's own ifquery is asked about every file of the corpus: each class (`--list`, `--allow`), each interface's options. Its words are
 * compared as they are, line by line, with the order, the defaults and the conversions of ifupdown; nothing is normalised.
 * `--no-mappings`: a mapping's script would be run. The state directory is empty: ifquery would else speak of what is up.
 */
const spaces = new Namespaces('iq');
const LINKS = [
  { name: 'eth0', mac: '52:54:00:aa:00:01' },
  { name: 'eth1', mac: '52:54:00:aa:00:02' },
  { name: 'wlan0', mac: '52:54:00:bb:00:03' },
];
const ASK = `
mount --bind "$1" /etc/network && mount -t tmpfs none /tmp || exit 9
shift
for question; do
  printf '\\n=== %s\\n' "$question"
  # shellcheck disable=SC2086 # the words of a question
  ifquery --no-mappings --state-dir /tmp $question 2>&1
  printf '%s\\n' "--- $?"
done`;

before(async () => {
  await spaces.add('host');
  // A bridge is a link that every kernel can make; what matters is its name and MAC.
  for (const { name, mac } of LINKS) await spaces.ip('host', [`link add ${name} address ${mac} type bridge`]);
});
after(() => spaces.close());

const corpus = readInterfacesCorpus();

for (const entry of corpus.filter(({ dialect }) => dialect === 'ifupdown' || dialect === 'both')) {
  test(`ifquery agrees on ${entry.name}`, async () => {
    const document = parseInterfaces(entry.files, INTERFACES);
    const questions = new Map([...classQuestions(entry, document), ...nameQuestions(entry, document)]);
    const answers = await ask(entry, [...questions.keys()]);
    assert.deepEqual(answers, questions);
  });
}

for (const entry of corpus.filter(({ dialect }) => dialect === 'broken' || dialect === 'ifupdown2')) {
  test(`ifquery refuses ${entry.name} at the line that we name first`, async () => {
    const refusal = interfacesRefusal(parseInterfaces(entry.files, INTERFACES));
    const answer = (await ask(entry, ['--list'])).get('--list');
    assert.match(answer ?? '', /couldn't read interfaces file/);
    assert.deepEqual(/interfaces:(\d+): /.exec(answer ?? '')?.[1], String(refusal?.spot.line));
  });
}

test('ifquery does not agree with an option that was changed', async () => {
  const entry = corpus.find(({ name }) => name === 'hetzner-debian-image');
  assert.ok(entry);
  const files = entry.files.map(({ path, text }) => ({ path, text: text.replace('192.0.2.200', '192.0.2.201') }));
  const questions = nameQuestions(entry, parseInterfaces(files, INTERFACES));
  const answers = await ask(entry, [...questions.keys()]);
  assert.notDeepEqual(answers, questions);
});

/** Classes of ours and whatever else the texts call one. */
function classQuestions(entry: CorpusEntry, document: InterfacesDocument): Map<string, string> {
  const inTexts = entry.files.flatMap(({ text }) => [...text.matchAll(/\ballow-(\S+)/g)].map(([, name = '']) => name));
  const classes = new Set([...readInterfaces(document, 'strict').classes.keys(), ...inTexts, 'hotplug']);
  const listed = [...classes].map((name): [string, string] => {
    const names = listInterfaces(document, name, LINKS);
    return [name === 'auto' ? '--list' : `--list --allow=${name}`, names.map((line) => `${line}\n`).join('')];
  });
  return new Map(listed);
}

function nameQuestions(entry: CorpusEntry, document: InterfacesDocument): Map<string, string> {
  const inTexts = entry.files.flatMap(({ text }) =>
    [...text.matchAll(/^[^\S\n]*iface\s+(\S+)/gm)].map(([, name = '']) => name),
  );
  const { stanzas, mappings } = readInterfaces(document, 'strict');
  const names = new Set([...stanzas.map(({ name }) => name), ...inTexts, 'nobody0']);
  const answers = [...names].map((name): [string, string] => {
    const isMapped = mappings.some(({ node }) => node.patterns.some((pattern) => globToRegExp(pattern).test(name)));
    const isKnown = name === 'lo' || isMapped || stanzas.some((stanza) => stanza.name === name);
    const lines = queryInterface(document, name, LINKS).map((option) => `${option.name}: ${option.value}\n`);
    return [name, isKnown ? lines.join('') : `ifquery: unknown interface ${name}\n`];
  });
  return new Map(answers);
}

/** What ifquery says to each question, without its complaints about files and names in a list. */
async function ask(entry: CorpusEntry, questions: string[]): Promise<Map<string, string>> {
  const asked = questions.map((question) => (question.startsWith('-') ? question : `-- ${question}`));
  const { stdout } = await spaces.run('host', 'sh', ['-c', ASK, 'ask', entry.directory, ...asked]);
  const answers = stdout.split('\n=== ').slice(1);
  return new Map(
    answers.map((answer, index) => {
      const question = questions[index] ?? '';
      const text = answer.slice(answer.indexOf('\n') + 1).replace(/--- \d+\n?$/, '');
      const complaint = question.startsWith('-') ? /^ifquery: unknown interface.*\n/gm : /(?!)/;
      const isRefused = text.includes("couldn't read interfaces file");
      const said = isRefused ? text : text.replace(complaint, '').replace(/^ifquery: \S+:\d+: .*\n/gm, '');
      return [question, said];
    }),
  );
}
