import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** zod brings its messages in fifty languages, 300 kB that a daemon would carry in memory to say nothing in them. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    const contents = "export { default as en } from './en.js';";
    onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.c?js$/ }, () => ({ contents }));
  },
};

/** What both bundles share. */
function sharedBuild(repository: string): BuildOptions & { define: Record<string, string> } {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
  return {
    absWorkingDir: repository,
    bundle: true,
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: { LODGE_BUNDLE: 'true', LODGE_VERSION: JSON.stringify(version) },
  };
}

/**
 * How the command line is bundled: shipped so, and run so by the tests. One CJS file, in which a dynamic import
 * is a function that runs when it is called: 10 ms faster to start than ESM with a file for each command (measured).
 */
export function cliBuild(repository: string): BuildOptions {
  const shared = sharedBuild(repository);
  return {
    ...shared,
    entryPoints: ['src/cli/main.ts'],
    format: 'cjs',
    define: { ...shared.define, 'import.meta.dirname': '__dirname' },
  };
}

/** `npm run build`, and `./lodge` in a checkout: the bundles, side by side in one directory. */
export async function buildAll(repository: string, directory = 'dist'): Promise<void> {
  await build({ ...cliBuild(repository), outfile: `${directory}/lodge.cjs` });
  await build({
    ...sharedBuild(repository),
    entryPoints: { daemon: 'src/daemon/main.ts', judge: 'src/daemon/judge-main.ts' },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    plugins: [englishOnly],
    format: 'esm',
    // Dependencies in CommonJS call `require` for Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}

if (import.meta.main) await buildAll(import.meta.dirname, process.argv[2]);
