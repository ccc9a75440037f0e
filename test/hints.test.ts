import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../src/cli/table.ts';

// A hint with a command in it is copied: where the command begins and ends must be seen, and nothing of the sentence may stick to it.

const PATHS = COMMANDS.map(({ path }) => path.join(' '));

/** Every text of a source that stands behind `hint`, in that line or the one below it. */
function hintsOf(source: string): string[] {
  const behind = [...source.matchAll(/\bhint\b[^'"`\n]*(?:=>|[:=?(])\s*([^\n]*)/g)].map(([, rest = '']) => rest);
  return behind.flatMap((rest) => [...rest.matchAll(/(['`])((?:(?!\1).)*)\1/g)].map(([, , text = '']) => text));
}

/** Why a part of a hint could not be typed; null where it can be, or names no command. */
function faultOf(part: string): string | null {
  const found = /^(.*?)(?:sudo )?\blodge ([a-z].*)$/.exec(
    part.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, 'X').replace(/\$\{.*$/, 'X'),
  );
  if (found === null) return null;
  const [, before = '', line = ''] = found;
  const path = PATHS.filter((each) => new RegExp(`^${each}(?![\\w-])`).test(line)).sort(
    (a, b) => b.length - a.length,
  )[0];
  // A sentence about the program.
  if (path === undefined) return null;
  if (before !== '' && !before.endsWith(': ')) return 'no colon before the command';
  const words = (line.slice(path.length).split(' -- ')[0] ?? '')
    .replace(/ --[a-z-]+ [a-z]+/g, '')
    .split(' ')
    .filter((word) => word !== '');
  const prose = words.find((word) => !/^(?:-.*|[^a-z]+|X.*|.*[/:=].*|openapi\.json)$/.test(word));
  return prose === undefined ? null : `${prose} is no word of the command`;
}

const faultsIn = (hint: string) =>
  hint.split(/; |, then | or (?=(?:sudo )?lodge )|, (?=lodge )/).flatMap((part) => faultOf(part) ?? []);

test('a command in a hint ends its part, and a colon stands before it', () => {
  const files = globSync('src/**/*.ts', { cwd: join(import.meta.dirname, '..') }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  const hints = files.flatMap((file) =>
    hintsOf(readFileSync(join(import.meta.dirname, '..', file), 'utf8')).map((hint) => ({ file, hint })),
  );
  assert.ok(hints.length > 100, `only ${hints.length} hints were found`);
  const faults = hints.flatMap(({ file, hint }) => faultsIn(hint).map((fault) => `${file}: ${hint}: ${fault}`));
  assert.deepEqual(faults, []);
});

test('what could not be pasted is seen', () => {
  for (const hint of [
    'lodge ls shows them',
    'did you mean lodge ls?',
    'run lodge setup as root',
    'try lodge ls',
    'lodge rm X is safe',
  ]) {
    assert.notDeepEqual(faultsIn(hint), [], hint);
  }
  const fine = [
    'lodge ls',
    'all: lodge ls',
    'x; y: lodge exec NAME -- getent passwd',
    'a: lodge stop X, then lodge rm X',
  ];
  for (const hint of fine) assert.deepEqual(faultsIn(hint), [], hint);
});
