import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unboundedReads } from './support/bounded-reads.ts';

const root = join(import.meta.dirname, '..');

test('what others may have written is read with a bound: files, JSON, YAML', () => {
  const paths = globSync('src/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'));
  const sources = paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  assert.deepEqual(unboundedReads(sources), []);
});

test('a planted reading past the bounds is seen, and what reads nothing is not', () => {
  const seen = (text: string, path = 'src/cli/x.ts') => unboundedReads([{ path, text }]).length;
  for (const planted of [
    "import { readFileSync } from 'node:fs';",
    "import { lstatSync, readFileSync as read } from 'node:fs';",
    "import { open } from 'node:fs/promises';",
    "import fs from 'node:fs';",
    "import * as fs from 'node:fs/promises';",
    "const { statSync, readFileSync } = await import('node:fs');",
    "const fs = await import('node:fs');",
    "import { createReadStream } from 'fs';",
    'const text = await handle.readFile();',
    'const value = JSON.parse(text);',
    "import { isMap, parseDocument } from 'yaml';",
    "import yaml from 'yaml';",
  ]) {
    assert.equal(seen(planted), 1, planted);
  }
  for (const harmless of [
    "import { statSync, writeFileSync } from 'node:fs';",
    "import { type FileHandle, rm } from 'node:fs/promises';",
    "import type { ReadStream } from 'node:fs';",
    "import { isMap, type Document, type Parser } from 'yaml';",
    "import { readBounded } from '../base/bounded-file.ts';",
    "const { run } = await import('./commands/x.ts');",
  ]) {
    assert.equal(seen(harmless), 0, harmless);
  }
  assert.equal(seen("import { readFile } from 'node:fs/promises';\nreadFile('/etc/x')", 'src/host/cpu.ts'), 1);
  assert.equal(seen("import { readFile } from 'node:fs/promises';\nreadFile('/proc/x')", 'src/host/cpu.ts'), 0);
  assert.equal(seen('nothing', 'src/qemu/firmware.ts'), 1);
});
