import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createOutput } from './output.ts';
import { renderReference } from './reference.ts';
import { runCli } from './run-cli.ts';
import { COMMANDS, GROUPS } from './table.ts';

const repository = join(import.meta.dirname, '../..');
const asText = { serializers: [(value: unknown) => String(value)] };

async function helpOf(path: readonly string[]): Promise<string> {
  let text = '';
  const sink = {
    write: (chunk: string | Uint8Array) => {
      text += String(chunk);
    },
  };
  const code = await runCli([...path, '--help'], {
    version: '0',
    groups: GROUPS,
    specs: COMMANDS,
    output: createOutput({ stdout: sink, stderr: sink, json: false, env: {} }),
    env: {},
    makeContext: () => assert.fail('help needs no context'),
  });
  assert.equal(code, 0);
  return text;
}

test('every command can be loaded and has examples of itself', async () => {
  for (const spec of COMMANDS) {
    const name = spec.path.join(' ');
    assert.equal(typeof (await spec.load()).run, 'function', name);
    assert.ok(spec.examples.length > 0, `${name} has no example`);
    for (const [line] of spec.examples) assert.ok(line.startsWith(name), `${line} is no example of ${name}`);
  }
  assert.equal(new Set(COMMANDS.map(({ path }) => path.join(' '))).size, COMMANDS.length);
});

test('the help texts are the ones that were looked at', async (t) => {
  const paths = [[], ...GROUPS.map(({ name }) => [name]), ...COMMANDS.map(({ path }) => path)];
  const texts: string[] = [];
  for (const path of paths) texts.push(`$ ${['lodge', ...path, '--help'].join(' ')}\n${await helpOf(path)}`);
  t.assert.fileSnapshot(texts.join('\n'), join(repository, 'test/golden/cli/help.txt'), asText);
});

test('docs/reference/cli.md is made from the table as it is now', (t) => {
  t.assert.fileSnapshot(renderReference(COMMANDS, GROUPS), join(repository, 'docs/reference/cli.md'), asText);
});
