import { type StatsFs, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LodgeError } from '../../base/errors.ts';
import { GIB, MIB } from '../../base/size.ts';

/** A twentieth of the file system, and no more than these. */
const KEPT_SHARE = 0.05;
const KEPT_MAX_BYTES = GIB;
const KEPT_MAX_FILES = 100_000;
/** How often it is looked, and so what is copied in any case: a small file comes out of a guest on a full host too. */
const LOOK_EACH_BYTES = 4 * MIB;
const LOOK_EACH_FILES = 1000;

/**
 * Holds a copy from a guest to the room that others leave: what a guest sends has the end that the guest gives it, and a host whose disk is
 * full has more to lose than a copy. It is looked at what the file system says, so that two copies at once are held to it together.
 */
export class KeptFree {
  readonly #directory: string;
  readonly #look: (path: string) => StatsFs;
  readonly #keptBytes: number;
  readonly #keptFiles: number;
  readonly #eachBytes: number;
  readonly #eachFiles: number;
  #bytes = 0;
  #files = 0;

  constructor(directory: string, look: (path: string) => StatsFs = statfsSync) {
    this.#directory = directory;
    this.#look = look;
    const { bsize, blocks, files } = look(directory);
    this.#keptBytes = Math.min(KEPT_MAX_BYTES, blocks * bsize * KEPT_SHARE);
    // btrfs has no number of files, and says 0.
    this.#keptFiles = Math.min(KEPT_MAX_FILES, Math.floor(files * KEPT_SHARE));
    // A small file system is not full before the first look.
    this.#eachBytes = Math.min(LOOK_EACH_BYTES, this.#keptBytes / 2);
    this.#eachFiles = files === 0 ? LOOK_EACH_FILES : Math.min(LOOK_EACH_FILES, this.#keptFiles / 2);
  }

  /** One more file, directory or link. @throws DISK_FULL */
  entry(): void {
    this.#files += 1;
    if (this.#files > this.#eachFiles) this.#compare();
  }

  /** As many bytes were written. @throws DISK_FULL */
  bytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > this.#eachBytes) this.#compare();
  }

  #compare(): void {
    this.#bytes = 0;
    this.#files = 0;
    const { bsize, bavail, files, ffree } = this.#look(this.#directory);
    if (bavail * bsize < this.#keptBytes) {
      const MiB = Math.ceil(this.#keptBytes / MIB);
      throw this.#refusal(MiB % 1024 === 0 ? `${MiB / 1024} GiB` : `${MiB} MiB`, '-h');
    }
    if (files > 0 && ffree < this.#keptFiles) throw this.#refusal(`room for ${this.#keptFiles} files`, '-hi');
  }

  #refusal(kept: string, option: string): LodgeError {
    const mount = mountOf(this.#directory);
    return new LodgeError(
      'DISK_FULL',
      `the copy would fill the file system ${mount}, of which lodge cp leaves ${kept} free: it was given up, and nothing of it kept`,
      { hint: `how full it is: df ${option} ${mount}` },
    );
  }
}

/** The uppermost directory on the same file system: where that is mounted. */
function mountOf(directory: string): string {
  const { dev } = statSync(directory);
  let mount = directory;
  while (mount !== '/' && statSync(dirname(mount)).dev === dev) mount = dirname(mount);
  return mount;
}
