import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interfacesBridgeFiles } from '../../src/plan/bridge-files/ifupdown.ts';
import { bridgedInput, withChanges } from '../support/bridge-layout.ts';
import { portWords, runIfup } from '../support/ifup-world.ts';
import { type InterfacesCase, intentOfCase, interfacesCases, wordsOfCase } from '../support/interfaces-world.ts';

/** Files that call the uplink by another of its names, and what Debian's ifup makes of them once they are planned for a bridge. */
const OTHER = 'enp1s0f0';
const MAC = '52:54:00:aa:00:01';
const CASES = interfacesCases().filter(({ files }) =>
  files.some(
    ({ text }) => new RegExp(`^auto .*\\b${OTHER}\\b`, 'm').test(text) && text.includes(`iface ${OTHER} inet`),
  ),
);

let planned = 0;
for (const one of CASES) {
  test(`ifup brings up the bridge that is planned for ${one.name}`, async (t) => {
    const intent = intentOfCase(one, 'ifupdown');
    const input = bridgedInput(one, () => intent, 'eth0', { name: 'br0', mac: MAC });
    const rendered = interfacesBridgeFiles(input);
    if (!rendered.ok) return t.diagnostic(rendered.reason);
    planned += 1;
    const after: InterfacesCase = { ...one, files: withChanges(one.files, rendered.files) };
    const read = wordsOfCase(after, intentOfCase(after, 'ifupdown'), []);
    assert.ok(read.includes(portWords('eth0', 'br0')), read.join('\n'));
    const run = await runIfup(after.files, after.links, ['ifup', '-a']);
    assert.deepEqual(run.words, read, run.text);
    const moved = (words: string) => words.replaceAll('eth0', 'br0');
    const before = wordsOfCase(one, intent, []).map(moved);
    assert.deepEqual(
      before.filter((words) => !run.words.includes(words)),
      [],
      run.text,
    );
  });
}

test('such files are tried', () => {
  assert.ok(planned >= 2, `${planned} of ${CASES.map(({ name }) => name).join(', ')}`);
});
