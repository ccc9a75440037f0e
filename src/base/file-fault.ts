import type { ErrorCode } from './error-codes.ts';
import { shellWord } from './quoting/shell-word.ts';

/** What an errno of the kernel means for a file, in words. */
interface FileFault {
  code: ErrorCode;
  /** After `PATH: `. */
  says: string;
  /** After `must be `, where a file to be read was named. */
  mustBe: string;
  /** What to do. */
  hint?: (path: string) => string;
}

const way = (path: string) => `every part of the way: namei -l ${shellWord(path)}`;
const room = (path: string) => `how full it is: df -h ${shellWord(path)}`;
const NOT_THERE = { code: 'FILE_NOT_FOUND', mustBe: 'a file that exists' } as const;
const FULL = { code: 'DISK_FULL', says: 'the disk is full', mustBe: 'a file on a disk with room', hint: room } as const;

/** errno(3), and what of it a path can be answered with. */
const FAULTS: Readonly<Record<string, FileFault>> = {
  ENOENT: { ...NOT_THERE, says: 'there is no such file or directory' },
  ENOTDIR: { ...NOT_THERE, says: 'a part of the path is a file, and no directory', hint: way },
  ELOOP: {
    code: 'FILE_NOT_FOUND',
    says: 'its links lead in a circle',
    mustBe: 'a file: this link leads in a circle',
    hint: way,
  },
  EISDIR: { code: 'VALIDATION_FAILED', says: 'is a directory, and no file', mustBe: 'a file: this is a directory' },
  ENXIO: { code: 'VALIDATION_FAILED', says: 'is no regular file', mustBe: 'a regular file' },
  ENODEV: { code: 'VALIDATION_FAILED', says: 'is no regular file', mustBe: 'a regular file' },
  ENAMETOOLONG: {
    code: 'VALIDATION_FAILED',
    says: 'the path is too long: a name has at most 255 bytes, a path 4095',
    mustBe: 'a shorter path: a name has at most 255 bytes, a path 4095',
  },
  EACCES: { code: 'PERMISSION_DENIED', says: 'you may not use it', mustBe: 'a file that you may read', hint: way },
  EPERM: {
    code: 'PERMISSION_DENIED',
    says: 'you may not do that to it',
    mustBe: 'a file that you may read',
    hint: way,
  },
  EROFS: {
    code: 'PERMISSION_DENIED',
    says: 'is on a read-only file system',
    mustBe: 'on a file system that can be written to',
    hint: (path) => `which: findmnt --target ${shellWord(path)}`,
  },
  ENOSPC: FULL,
  EDQUOT: { ...FULL, says: 'the quota is used up' },
  EFBIG: { ...FULL, says: 'is larger than its file system takes' },
  EEXIST: { code: 'STATE_REFUSED', says: 'is there already', mustBe: 'a path where nothing is' },
  ENOTEMPTY: { code: 'STATE_REFUSED', says: 'is a directory with something in it', mustBe: 'an empty directory' },
  EBUSY: { code: 'STATE_REFUSED', says: 'is in use', mustBe: 'a file that is not in use' },
  ETXTBSY: { code: 'STATE_REFUSED', says: 'is a program that runs', mustBe: 'a file that is not in use' },
  EIO: { code: 'COMMAND_FAILED', says: 'its disk reports an error', mustBe: 'a file that can be read' },
  EMFILE: { code: 'COMMAND_FAILED', says: 'too many files are open', mustBe: 'a file that can be read' },
};

/** A file that is there, and is not one to be read: of another kind, or larger than whoever reads it takes. */
export class UnfitFile extends Error {
  readonly fault: FileFault & { path: string };

  /** @param says after `PATH: ` @param mustBe after `must be ` */
  constructor(path: string, says: string, mustBe: string) {
    super(`${path}: ${says}`);
    this.fault = { code: 'VALIDATION_FAILED', says, mustBe, path };
  }
}

/** Node's error of a system call on a file, in our words; null for any other error. */
export function fileFaultOf(error: unknown): (FileFault & { path: string | undefined }) | null {
  if (error instanceof UnfitFile) return error.fault;
  const { code = '', syscall, path } = error as { code?: string; syscall?: string; path?: unknown };
  if (!(error instanceof Error) || syscall === undefined || NOT_OF_FILES.has(syscall)) return null;
  const fault = Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined;
  if (fault === undefined) return null;
  // A path that is no UTF-8 comes as bytes.
  return { ...fault, path: path === undefined ? undefined : String(path) };
}

/** Of sockets and programs: what was not there is told in the words of whoever called them. */
const NOT_OF_FILES: ReadonlySet<string> = new Set(['connect', 'listen', 'bind', 'kill', 'getaddrinfo', 'accept']);
