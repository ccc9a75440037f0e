import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readBoundedSync } from '../base/bounded-file.ts';
import { inOurWords } from '../base/errors.ts';
import { makeTree } from '../base/make-tree.ts';
import { completionScript } from './completion-scripts.ts';

/** Where the package bash-completion looks for what the administrator has put there. */
export const BASH_COMPLETION_FILE = '/usr/local/share/bash-completion/completions/lodge';

const script = () => completionScript('bash') ?? '';

/** Puts bash's completion there, if it is no dry run. @returns whether it is there then: a file that is not ours stays */
export function writeCompletionFile(path: string, { dryRun }: { dryRun: boolean }): boolean {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined && !isOurs(path)) return false;
    if (dryRun) return true;
    makeTree(dirname(path));
    const temporary = `${path}.${randomBytes(4).toString('hex')}.new`;
    writeFileSync(temporary, script(), { mode: 0o644, flag: 'wx' });
    renameSync(temporary, path);
    return true;
  } catch (error) {
    throw inOurWords(error, path);
  }
}

/** With the directories above it that nothing else is in, of those that bash-completion has here. @returns whether there was one of ours */
export function removeCompletionFile(path: string, { dryRun }: { dryRun: boolean }): boolean {
  if (!isOurs(path)) return false;
  if (dryRun) return true;
  unlinkSync(path);
  for (const directory of [dirname(path), dirname(dirname(path))]) {
    try {
      rmdirSync(directory);
    } catch {
      // Somebody has something in it.
      break;
    }
  }
  return true;
}

/** By its first line, which every version of ours has. */
function isOurs(path: string): boolean {
  try {
    return lstatSync(path).isFile() && readBoundedSync(path).toString().split('\n')[0] === script().split('\n')[0];
  } catch {
    return false;
  }
}
