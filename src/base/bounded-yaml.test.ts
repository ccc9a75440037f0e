import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAlias, isMap } from 'yaml';
import { readYaml, YAML_LIMITS } from './bounded-yaml.ts';

const faultOf = (text: string) => {
  const { fault } = readYaml(text);
  return fault === null ? null : [fault.rule, fault.isTooMuch];
};
const bomb = (levels: number) =>
  Array.from({ length: levels }, (_, at) => `b${at}: &b${at} [${Array(9).fill(at === 0 ? 'x' : `*b${at - 1}`)}]`).join(
    '\n',
  );

test('what is more than anybody writes is refused before anything is made of it, with the limit', () => {
  const { characters, tokens, depth, aliases, values } = YAML_LIMITS;
  const refused: [string, string][] = [
    ['a: 1\n'.repeat(characters / 5 + 1), `have at most ${characters} characters: it has 1048580`],
    ['k: 1\n'.repeat(tokens / 5), `have at most ${tokens} words, marks and lines`],
    ['#\n'.repeat(tokens), `have at most ${tokens} words, marks and lines`],
    ['['.repeat(1000), `be nested at most ${depth} levels deep`],
    ['- '.repeat(1000), `be nested at most ${depth} levels deep`],
    ['? '.repeat(1000), `be nested at most ${depth} levels deep`],
    ['{a: '.repeat(1000), `be nested at most ${depth} levels deep`],
    [`- &a 1\n${'- *a\n'.repeat(aliases + 1)}`, `have at most ${aliases} aliases (*name)`],
    [bomb(9), `have at most ${values} values, with what its aliases stand for`],
  ];
  for (const [text, rule] of refused) assert.deepEqual(faultOf(text), [rule, true], text.slice(0, 40));
});

test('what is within the limits is read, and told by its place where it is not', () => {
  const { depth, aliases } = YAML_LIMITS;
  for (const text of [
    `${'['.repeat(depth)}${']'.repeat(depth)}`,
    `- &a 1\n${'- *a\n'.repeat(aliases)}`,
    bomb(4),
    `a: "${'x'.repeat(1_000_000)}"`,
    '',
  ]) {
    const { fault, document } = readYaml(text);
    assert.deepEqual([fault, document.errors], [null, []], text.slice(0, 40));
  }
  const { fault, lines } = readYaml(`a: 1\nb: 2\nc: ${'['.repeat(1000)}`);
  assert.equal(lines.linePos(fault?.at ?? 0).line, 3);
});

test('an alias stands for the last anchor of its name before it, and never for what it is in', () => {
  const circle = 'be valid YAML: an alias (*word) that stands for what it is in';
  assert.deepEqual(faultOf('a: &x [1, *x]'), [circle, false]);
  assert.deepEqual(faultOf('&x a: {b: *x}\n'), null);
  assert.deepEqual(faultOf('&x {a: {b: [*x]}}'), [circle, false]);
  assert.deepEqual(faultOf('a: *x'), ['be valid YAML: an alias (*word) of nothing', false]);
  const { document, targetOf, fault } = readYaml('&x [&x 1, *x, &x 2, *x]');
  assert.equal(fault, null);
  const items = (document.contents as { items?: unknown[] } | null)?.items ?? [];
  const targets = items.filter(isAlias).map((alias) => (targetOf(alias) as { value?: unknown }).value);
  assert.deepEqual(targets, [1, 2]);
  // Its own reading, and PyYAML's: what is in the anchor of the same name counts from where it begins.
  assert.ok(isMap(readYaml('a: &x {b: &x 1, c: *x}').document.contents));
});

test('a key that is there twice is told each time, among 10,000 keys too', () => {
  const keys = Array.from({ length: 10_000 }, (_, at) => `k${at}: 1`);
  const { document, lines } = readYaml([...keys, 'k7: 2', 'm: {a: 1, a: 2}'].join('\n'));
  const told = document.errors.map(({ code, pos }) => [code, lines.linePos(pos[0])]);
  assert.deepEqual(told, [
    ['DUPLICATE_KEY', { line: 10_001, col: 1 }],
    ['DUPLICATE_KEY', { line: 10_002, col: 11 }],
  ]);
});
