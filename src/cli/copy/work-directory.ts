import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { inOurWords, LodgeError } from '../../base/errors.ts';
import { fnv1aHex } from '../../base/fnv1a.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import type { Output } from '../output.ts';

const PREFIX = '.lodge-cp-';
/** Which boot and which table of processes the number after it is from: `.lodge-cp-9f3a1c07-4711-xY12ab`. */
const NAME = /^\.lodge-cp-([0-9a-f]{8})-(\d+)-\w{6}$/;
/** Ctrl-C ends the process by its own way (main.ts), which tells `exit`. */
const ENDING = ['SIGHUP', 'SIGQUIT', 'SIGTERM'] as const;

/**
 * A directory for a copy beside its place, which goes with the copy, however that ends: whoever ends the process by a signal finds nothing
 * of it either, but for SIGKILL, whose leftovers the next copy sees.
 *
 * @throws PERMISSION_DENIED and what else forbids to write there, before the guest is asked anything
 */
export class WorkDirectory implements Disposable {
  readonly path: string;

  constructor(directory: string) {
    this.path = make(directory);
    process.on('exit', this.#clear);
    for (const signal of ENDING) process.on(signal, this.#end);
  }

  [Symbol.dispose](): void {
    this.#forget();
    remove(this.path);
  }

  #forget(): void {
    process.off('exit', this.#clear);
    for (const signal of ENDING) process.off(signal, this.#end);
  }

  /** A process that ends has nobody left to tell: the next copy tells what stays. */
  readonly #clear = (): void => {
    try {
      remove(this.path);
    } catch {}
  };

  readonly #end = (signal: NodeJS.Signals): void => {
    this.#forget();
    this.#clear();
    process.kill(process.pid, signal);
  };
}

function make(directory: string): string {
  try {
    const path = mkdtempSync(`${directory}/${PREFIX}${processTable()}-${process.pid}-`);
    // Whatever the umask.
    chmodSync(path, 0o700);
    return path;
  } catch (error) {
    // The directory is there: file systems such as /proc answer as if it was not.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw inOurWords(error, directory);
    throw new LodgeError('PERMISSION_DENIED', `${directory}: no file can be made there`);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    throw inOurWords(error, path);
  }
}

/**
 * What copies left here that were killed goes, where it is certain: it is this user's, its process was of this boot and is gone, and nobody
 * else can have given the name to another directory. Of the rest the user is told.
 */
export function clearLeftovers(directory: string, output: Pick<Output, 'say'>): void {
  for (const name of leftoversIn(directory)) {
    const path = shellWord(`${directory}/${name}`);
    output.say(`${path} is what a copy has left that was broken off, unless one is under way elsewhere: rm -r ${path}`);
  }
}

/** @returns the names of those that stay */
function leftoversIn(directory: string): string[] {
  let fd: number;
  try {
    fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    // One that may be written to and not read: nothing is known of it.
    return [];
  }
  try {
    // By the descriptor: whoever owns a directory above could put another one in the place of this one.
    const here = `/proc/self/fd/${fd}`;
    const own = readdirSync(here).filter((name) => name.startsWith(PREFIX) && isOwn(`${here}/${name}`));
    const isSafe = isOnlyOurs(fstatSync(fd));
    return own.filter((name) => {
      const copier = copierOf(name);
      if (copier === 'alive') return false;
      if (copier === 'unknown' || !isSafe) return true;
      remove(`${here}/${name}`);
      return false;
    });
  } finally {
    closeSync(fd);
  }
}

function isOwn(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.geteuid?.();
}

/** Nobody else can rename what is ours in it. */
function isOnlyOurs({ uid, mode }: Stats): boolean {
  const isSticky = (mode & 0o1000) !== 0;
  return (uid === 0 || uid === process.geteuid?.()) && (isSticky || (mode & 0o022) === 0);
}

function copierOf(name: string): 'alive' | 'gone' | 'unknown' {
  const [, table, pid] = NAME.exec(name) ?? [];
  if (table === undefined || table !== processTable()) return 'unknown';
  try {
    process.kill(Number(pid), 0);
    return 'alive';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'gone' : 'alive';
  }
}

/** On another machine that has the same directory, in a container or after a boot, a process's number is another's. */
function processTable(): string {
  return fnv1aHex(`${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')} ${readlinkSync('/proc/self/ns/pid')}`);
}
