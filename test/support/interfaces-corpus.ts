import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CorpusEntry {
  name: string;
  directory: string;
  /** `broken`: ifupdown refuses the whole. */
  dialect: 'ifupdown' | 'ifupdown2' | 'both' | 'broken';
  about: string;
  files: { path: string; text: string }[];
  /** What is to be said, one `path:line rule` each. */
  problems: string[];
}

export const CORPUS_DIRECTORY = join(import.meta.dirname, '../corpus/ifupdown');
export const INTERFACES = '/etc/network/interfaces';

/** Every shape of test/corpus/ifupdown as it would lie in /etc/network. */
export function readInterfacesCorpus(): CorpusEntry[] {
  return globSync('*/ABOUT', { cwd: CORPUS_DIRECTORY })
    .sort()
    .map((found) => readEntry(found.slice(0, found.indexOf('/'))));
}

function readEntry(name: string): CorpusEntry {
  const directory = join(CORPUS_DIRECTORY, name);
  const [, dialect = '', about = ''] = /^(\S+): (.*)$/m.exec(readFileSync(join(directory, 'ABOUT'), 'utf8')) ?? [];
  const all = globSync('**/{*,.*}', { cwd: directory, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = all
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !['ABOUT', 'problems', 'intent'].some((name) => path === join(directory, name)))
    .sort()
    .map((path) => ({ path: `/etc/network${path.slice(directory.length)}`, text: readFileSync(path, 'utf8') }));
  const told = globSync('problems', { cwd: directory }).map((path) => readFileSync(join(directory, path), 'utf8'));
  const problems = told.join('').split('\n').filter(Boolean);
  return { name, directory, dialect: dialect as CorpusEntry['dialect'], about, files, problems };
}
