import type { Problem } from '../base/errors.ts';
import { formatSize, GIB } from '../base/size.ts';

/** Room for a piece of work: bytes and files that it needs at its worst moment. */
export interface SpaceNeed {
  bytes: number;
  inodes: number;
  /** What takes them, for people. */
  reason: string;
}

interface FreeSpace {
  path: string;
  freeBytes: number;
  freeInodes: number;
  /** 0 where the file system has no such limit. */
  totalInodes: number;
}

/**
 * What building one of Lodge's own images takes under `images/`, before the image alone is left: the unpacked tree with
 * its packages, the raw disk made of it, and the image beside both. Measured in docs/decisions/0011-image-build.md.
 */
export function spaceToBuild(): SpaceNeed {
  return {
    bytes: 2 * GIB,
    inodes: 30_000,
    reason: 'the unpacked system, its disk and the image made of it stand side by side for a while',
  };
}

/** An import writes what the file holds once more, and unpacked where it was compressed: at the least its own size. */
export function spaceToImport(storedBytes: number): SpaceNeed {
  return { bytes: storedBytes, inodes: 4, reason: 'the size of the file; more where it is compressed' };
}

/** One problem, or none: the same words for `image build`, `create` and its dry run. */
export function spaceProblem(path: string, work: string, need: SpaceNeed, free: FreeSpace): Problem[] {
  if (free.freeBytes < need.bytes) {
    const rule = `${work} needs about ${roomy(need.bytes)} at ${free.path}, ${roomy(free.freeBytes)} are free (${need.reason})`;
    return [{ path, rule, value: undefined }];
  }
  if (free.totalInodes > 0 && free.freeInodes < need.inodes) {
    const rule = `${work} makes about ${need.inodes} files at ${free.path}, the file system has room for ${free.freeInodes}`;
    return [{ path, rule, value: undefined }];
  }
  return [];
}

/** `2GiB -> 2 GiB`: a sentence, not an argument. */
export function roomy(bytes: number): string {
  return formatSize(bytes).replace(/(?<=\d)(?=[A-Z])/, ' ');
}
