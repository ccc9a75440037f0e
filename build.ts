import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const shared: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
};

const define = { LODGE_BUNDLE: 'true', LODGE_VERSION: JSON.stringify(version) };

// One CJS file: a dynamic import becomes a function of the same file that runs when it is called. Node loads it in one
// read, which was faster than a file for each command, and CJS starts faster than ESM.
await build({
  ...shared,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/lodge.cjs',
  format: 'cjs',
  define: { ...define, 'import.meta.dirname': '__dirname' },
});

// Dependencies in CommonJS call `require` for Node's own modules.
await build({
  ...shared,
  entryPoints: ['src/daemon/main.ts'],
  outfile: 'dist/daemon.mjs',
  format: 'esm',
  define,
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});
