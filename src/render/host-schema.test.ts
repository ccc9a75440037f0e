import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderHostSchema } from './host-schema.ts';

const REFERENCE = join(import.meta.dirname, '../../docs/reference/host.schema.json');

test('the checked-in schema of host.yaml is the one that is written beside it', () => {
  assert.equal(
    readFileSync(REFERENCE, 'utf8'),
    renderHostSchema(),
    `node -e "import('./src/render/host-schema.ts').then((m) => process.stdout.write(m.renderHostSchema()))" > docs/reference/host.schema.json`,
  );
});

test('every key of the schema has a description', () => {
  const missing: string[] = [];
  const walk = (node: Record<string, unknown>, path: string) => {
    for (const [name, child] of Object.entries((node.properties ?? {}) as Record<string, Record<string, unknown>>)) {
      const options = [child, ...((child.anyOf ?? []) as Record<string, unknown>[])];
      if (!options.some(({ description }) => typeof description === 'string')) missing.push(`${path}.${name}`);
      for (const option of options) walk(option, `${path}.${name}`);
    }
    for (const option of ((node.items as { oneOf?: unknown[] })?.oneOf ?? []) as Record<string, unknown>[])
      walk(option, path);
  };
  walk(JSON.parse(renderHostSchema()), '');
  assert.deepEqual(missing, []);
});
