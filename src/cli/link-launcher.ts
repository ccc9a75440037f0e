import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { kindOf } from '../base/bounded-file.ts';
import { inOurWords, LodgeError } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';

/** What stands at the place of the link: nothing, our own, a link to another Lodge's launcher, or something that is none of ours. */
type Place =
  | { kind: 'free' }
  | { kind: 'ours' }
  | { kind: 'other'; target: string }
  | { kind: 'foreign'; what: string };

interface LinkPlace {
  /** `/usr/local/bin/lodge` */
  link: string;
  /** The launcher of this Lodge, absolute. */
  launcher: string;
}

/**
 * Makes the link to this Lodge's launcher. What somebody else put there is never touched; the link of another Lodge only with `replace`,
 * and then by a rename: the name leads to the one or the other at every moment. A dry run is refused where it would be, and changes nothing.
 *
 * @returns whether anything was done, or would be
 * @throws STATE_REFUSED, PERMISSION_DENIED
 */
export function linkLauncher(
  { link, launcher }: LinkPlace,
  { replace, dryRun }: { replace: boolean; dryRun: boolean },
): boolean {
  const place = look({ link, launcher });
  if (place.kind === 'ours') return false;
  if (place.kind === 'foreign') throw foreign(link, place.what);
  if (place.kind === 'other' && !replace) {
    throw new LodgeError('STATE_REFUSED', `${link}: leads to another Lodge, ${place.target}`, {
      hint: 'to have it lead to this one: lodge setup --link --replace',
    });
  }
  if (dryRun) return true;
  try {
    if (place.kind === 'free') symlinkSync(launcher, link);
    else replaceLink(link, launcher);
  } catch (error) {
    throw onlyRoot(error, link, 'lodge setup --link');
  }
  return true;
}

/** Takes our own link away, if it is no dry run. @returns whether there was one @throws STATE_REFUSED for what is not ours */
export function unlinkLauncher({ link, launcher }: LinkPlace, { dryRun }: { dryRun: boolean }): boolean {
  const place = look({ link, launcher });
  if (place.kind === 'free') return false;
  if (place.kind === 'foreign') throw foreign(link, place.what);
  if (place.kind === 'other') {
    throw new LodgeError('STATE_REFUSED', `${link}: leads to another Lodge, ${place.target}, and stays`, {
      hint: `${shellWord(place.target)} setup --unlink, or rm ${shellWord(link)}`,
    });
  }
  if (dryRun) return true;
  try {
    unlinkSync(link);
  } catch (error) {
    throw onlyRoot(error, link, 'lodge setup --unlink');
  }
  return true;
}

function look({ link, launcher }: LinkPlace): Place {
  let found: Stats | undefined;
  try {
    found = lstatSync(link, { throwIfNoEntry: false });
  } catch (error) {
    throw inOurWords(error, link);
  }
  if (found === undefined) return { kind: 'free' };
  if (!found.isSymbolicLink()) return { kind: 'foreign', what: found.isFile() ? 'a file' : kindOf(found) };
  const target = resolve(dirname(link), readlinkSync(link));
  if (real(target) === real(launcher)) return { kind: 'ours' };
  // A launcher's name is `lodge`, whether its checkout is still there or not.
  return basename(target) === 'lodge' ? { kind: 'other', target } : { kind: 'foreign', what: `a link to ${target}` };
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function replaceLink(link: string, launcher: string): void {
  const temporary = join(dirname(link), `.lodge-${randomBytes(4).toString('hex')}.new`);
  symlinkSync(launcher, temporary);
  try {
    renameSync(temporary, link);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

function foreign(path: string, what: string): LodgeError {
  return new LodgeError('STATE_REFUSED', `${path}: is ${what}, and not ours: it stays`, {
    hint: `ls -l ${shellWord(path)}; move it away when you do not need it`,
  });
}

function onlyRoot(error: unknown, path: string, command: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if ((code !== 'EACCES' && code !== 'EPERM') || process.getuid?.() === 0) return inOurWords(error, path);
  return new LodgeError('PERMISSION_DENIED', `${path}: only root may write there`, { hint: `sudo ${command}` });
}

/**
 * The first part of the launcher's path that somebody else than root may change, and so what root runs by the name; null where there is
 * none.
 */
export function changeableByOthers(launcher: string): string | null {
  for (let path = real(launcher); ; path = dirname(path)) {
    const { uid, mode } = statSync(path);
    const isSticky = (mode & 0o1000) !== 0;
    if (uid !== 0 || ((mode & 0o022) !== 0 && !isSticky)) return path;
    if (path === '/') return null;
  }
}
