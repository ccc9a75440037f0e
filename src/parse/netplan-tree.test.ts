import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNetplanFile } from './netplan-tree.ts';

test('an alias bomb is a mistake of the file', () => {
  const lines = Array.from(
    { length: 9 },
    (_, at) =>
      `b${at}: &b${at} [${Array(9)
        .fill(at === 0 ? 'x' : `*b${at - 1}`)
        .join(', ')}]`,
  );
  const read = readNetplanFile({ path: '/etc/netplan/a.yaml', text: lines.join('\n') });
  assert.equal(read.root, null);
  assert.match(read.problems[0]?.why ?? '', /aliases stand for/);
});
