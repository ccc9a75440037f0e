import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { interfacesText } from '../../test/support/interfaces-arbitrary.ts';
import { INTERFACES, readInterfacesCorpus } from '../../test/support/interfaces-corpus.ts';
import { propertyRuns } from '../../test/support/property-runs.ts';
import type { InterfacesNode } from '../model/interfaces-document.ts';
import { parseInterfaces, parseInterfacesFile } from './interfaces.ts';
import { interfacesProblems, readInterfaces } from './interfaces-inherit.ts';

const corpus = readInterfacesCorpus();

/** Room parse/ may not import render/: all that rendering does is to join the texts. */
const rawOf = (nodes: InterfacesNode[]) =>
  nodes.map((node) => node.raw + ('body' in node ? node.body.map(({ raw }) => raw).join('') : '')).join('');
const parseOne = (text: string) => parseInterfacesFile(INTERFACES, text);

test('the corpus has at least 30 shapes and 6 broken ones', () => {
  assert.ok(corpus.filter(({ dialect }) => dialect !== 'broken').length >= 30);
  assert.ok(corpus.filter(({ dialect }) => dialect === 'broken').length >= 6);
  assert.deepEqual(
    corpus.filter(({ about }) => about === ''),
    [],
  );
});

for (const entry of corpus) {
  test(`${entry.name} goes round byte for byte, and what is wrong in it is said`, () => {
    const document = parseInterfaces(entry.files, INTERFACES);
    const files = document.files.map(({ path, nodes }) => ({ path, text: rawOf(nodes) }));
    assert.deepEqual(files, entry.files);
    const problems = interfacesProblems(document);
    const told = problems.filter(({ refusedBy }) => entry.dialect !== 'ifupdown2' || refusedBy.includes('ifupdown2'));
    assert.deepEqual(
      told.map(({ spot, rule }) => `${spot.path}:${spot.line} ${rule}`),
      entry.problems,
    );
  });
}

test('any text goes round byte for byte, and each of its lines has one place', () => {
  const check = fc.property(interfacesText, (text) => {
    const { nodes } = parseOne(text);
    assert.equal(rawOf(nodes), text);
    assert.deepEqual(parseOne(rawOf(nodes)).nodes, nodes);
    const lines = nodes.flatMap((node): { raw: string; line: number }[] =>
      'body' in node ? [node, ...node.body] : [node],
    );
    let next = 1;
    for (const line of lines) {
      assert.equal(line.line, next);
      next += line.raw.split('\n').length - (line.raw.endsWith('\n') ? 1 : 0);
    }
  });
  fc.assert(check, propertyRuns(2000));
});

test('reading never throws, whatever the text', () => {
  const check = fc.property(interfacesText, (text) => {
    const document = parseInterfaces([{ path: INTERFACES, text }], INTERFACES);
    readInterfaces(document, 'tolerant');
    const strict = readInterfaces(document, 'strict').problems;
    assert.deepEqual(strict.slice(0, 1), interfacesProblems(document).slice(0, 1));
  });
  fc.assert(check, propertyRuns(1000));
});

test('comments after a stanza do not belong to it, those between its options do', () => {
  const { nodes } = parseOne('iface eth0 inet manual\n# in\nmtu 1400\n# after\n\niface eth1 inet manual\n');
  assert.deepEqual(
    nodes.map(({ kind }) => kind),
    ['iface', 'comment', 'blank', 'iface'],
  );
});
