import type { InterfacesDocument, InterfacesFile, InterfacesSource } from '../model/interfaces-document.ts';
import { globToRegExp } from './glob.ts';
import { splitWords } from './interfaces-lines.ts';

/** What source-directory takes of a directory (interfaces(5)): no dots, so no backups and no editor's leftovers. */
const PLAIN_NAME = /^[A-Za-z0-9_-]+$/;

/**
 * The files that a `source` or `source-directory` line reads, in the order of their names in the C locale. A path without a slash at
 * its beginning is relative to the including file; of several words only the first is (ifupdown puts the directory before the line).
 */
export function sourcedFiles(document: InterfacesDocument, from: string, node: InterfacesSource): InterfacesFile[] {
  const directory = from.slice(0, from.lastIndexOf('/'));
  const words = splitWords(node.pattern);
  return words.flatMap((word, index) => {
    const path = normalizePath(index === 0 && !word.startsWith('/') ? `${directory}/${word}` : word);
    const matches = matchPath(path);
    const isFile = node.keyword === 'source';
    const found = document.files.filter((file) =>
      isFile ? matches(file.path) : matches(parentOf(file.path)) && PLAIN_NAME.test(baseOf(file.path)),
    );
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

/** Component by component: a star does not go over a slash, and a hidden name is matched only by a pattern with a dot. */
function matchPath(pattern: string): (path: string) => boolean {
  const parts = pattern.split('/').map((part) => ({ isHidden: part.startsWith('.'), regExp: globToRegExp(part) }));
  return (path) => {
    const names = path.split('/');
    return (
      names.length === parts.length &&
      parts.every(({ isHidden, regExp }, index) => {
        const name = names[index] ?? '';
        return regExp.test(name) && (isHidden || !name.startsWith('.'));
      })
    );
  };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `/etc/network/../x//y/.` -> `/etc/x/y` */
function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
