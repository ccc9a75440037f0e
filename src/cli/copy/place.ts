import { lstatSync, readdirSync, renameSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { kindOf } from '../../base/bounded-file.ts';
import { inOurWords, LodgeError } from '../../base/errors.ts';

/**
 * Renames what was copied to its own name. A directory that is there already gets what is new and keeps the rest; a file is replaced in one
 * moment; a link is replaced, never followed.
 *
 * @throws VALIDATION_FAILED when a directory would have to give way to a file, or the other way round
 */
export function place(staged: Buffer, final: Buffer): void {
  const [ours, theirs] = [lstatSync(staged), lstatSync(final, { throwIfNoEntry: false })];
  if (ours.isDirectory() && theirs?.isDirectory() === true) {
    for (const name of readdirSync(staged, { encoding: 'buffer' })) place(joined(staged, name), joined(final, name));
    rmdirSync(staged);
    return;
  }
  if (theirs?.isDirectory() === true) throw inTheWay(final, 'a directory');
  refuseSpecial(final);
  if (ours.isDirectory() && theirs !== undefined) {
    if (!theirs.isSymbolicLink()) throw inTheWay(final, 'no directory');
    unlinkSync(final);
  }
  try {
    renameSync(staged, final);
  } catch (error) {
    // In the middle of a tree another file system may begin.
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') throw elsewhere(final);
    throw inOurWords(error, String(final));
  }
}

/** What no copy may take the place of: a copy to /dev/null as root would leave the host without it. @throws VALIDATION_FAILED */
export function refuseSpecial(final: Buffer): void {
  const found = statSync(final, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile() && !found.isDirectory()) throw inTheWay(final, kindOf(found));
}

function joined(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from('/'), name]);
}

function elsewhere(path: Buffer): LodgeError {
  return new LodgeError(
    'VALIDATION_FAILED',
    `${path}: its directory is on another file system than the copy's target`,
    {
      hint: 'copy what belongs there by itself, to there',
    },
  );
}

function inTheWay(path: Buffer, what: string): LodgeError {
  return new LodgeError('VALIDATION_FAILED', `${path}: is there and ${what}`, {
    hint: 'name another place, or move it away',
  });
}
