import { dirname, join } from 'node:path';

/** Which rooms each room may import: docs/internals.md draws it. `*` is "all above". */
export const ROOMS: Record<string, readonly string[]> = {
  base: [],
  model: ['base'],
  parse: ['base', 'model'],
  render: ['base', 'model'],
  plan: ['base', 'model', 'parse', 'render'],
  host: ['base'],
  qemu: ['base', 'model', 'host'],
  install: ['base', 'model', 'render', 'host', 'qemu'],
  twin: ['base', 'model', 'render', 'host'],
  store: ['base', 'model'],
  engine: ['base', 'model', 'parse', 'render', 'plan', 'host', 'qemu', 'install', 'twin', 'store'],
  api: ['base', 'model'],
  daemon: ['base', 'model', 'parse', 'render', 'plan', 'host', 'qemu', 'install', 'twin', 'store', 'engine', 'api'],
  cli: ['base', 'model', 'api'],
  web: ['base', 'model', 'api'],
};

/** Modules that only the named files may import. */
const RESERVED: { module: RegExp; files: RegExp; rule: string }[] = [
  {
    module: /^(node:)?child_process$/,
    files: /^src\/(host\/exec|host\/run-program|cli\/spawn)(\.test)?\.ts$/,
    rule: 'processes are started by host/exec.ts, host/run-program.ts and cli/spawn.ts only',
  },
  { module: /^node:sqlite$/, files: /^src\/store\//, rule: 'SQL lives in store/ only' },
];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;

/** Reads the import statements of sources (paths from the repository's root) and says which break a rule. */
export function checkImports(sources: { path: string; text: string }[]): string[] {
  const broken: string[] = [];
  for (const { path, text } of sources) {
    const room = path.split('/')[1] ?? '';
    const isTest = path.endsWith('.test.ts');
    for (const match of text.matchAll(IMPORT)) {
      const module = match[1] ?? match[2] ?? match[3] ?? '';
      const target = module.startsWith('.') ? join(dirname(path), module).split('/')[1] : undefined;
      if (target !== undefined && target !== room && !ROOMS[room]?.includes(target)) {
        if (!(isTest && module.includes('/test/support/')))
          broken.push(`${path} imports ${module}: ${room} may not reach ${target}`);
      }
      if (!isTest && ['parse', 'render', 'plan'].includes(room) && module.startsWith('node:')) {
        broken.push(`${path} imports ${module}: ${room}/ is pure`);
      }
      for (const reserved of RESERVED) {
        if (!isTest && reserved.module.test(module) && !reserved.files.test(path))
          broken.push(`${path} imports ${module}: ${reserved.rule}`);
      }
    }
  }
  return broken;
}
