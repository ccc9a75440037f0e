import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { type Random, systemRandom } from '../base/random.ts';
import { readFetchSettings } from '../host/apt-settings.ts';
import { readAptSources } from '../host/apt-sources.ts';
import { makeDirectory } from '../host/files.ts';
import type { BuiltImage } from '../model/built-image.ts';
import { BUILDABLE_IMAGES, type BuildableImage } from '../model/image.ts';
import { IMAGE_DISK } from '../render/image-boot.ts';
import { assembleDisk } from './assemble-disk.ts';
import { bootstrapDebian } from './bootstrap-debian.ts';
import { finishTree } from './finish-tree.ts';
import { openArchive } from './open-archive.ts';
import { placeImage } from './place-image.ts';
import { openTreeRoom, type TreeRoom } from './tree-room.ts';

interface BuildRequest {
  name: BuildableImage;
  imagesDir: string;
  /** A directory of the build's own on the file system of imagesDir. The caller removes it, whatever happened. */
  workDir: string;
  onProgress: (detail: string) => void;
  signal: AbortSignal;
}

/**
 * Builds an image of a Debian release from the host's own apt sources and puts it at imagesDir/NAME.qcow2, replacing
 * one that is there. Until that last rename nothing is outside workDir.
 *
 * @throws IMAGE_BUILD_FAILED, DISK_FULL, COMMAND_MISSING, CANCELLED when the signal is aborted.
 */
export async function buildDebianImage(request: BuildRequest, random: Random = systemRandom): Promise<BuiltImage> {
  const { name, imagesDir, workDir, onProgress, signal } = request;
  const release = BUILDABLE_IMAGES[name];
  let room: TreeRoom | null = null;
  try {
    // The tree has set-user-ID programs: nobody but root enters.
    await makeDirectory(workDir, { mode: 0o700 });
    onProgress("reading the host's apt sources");
    const settings = await readFetchSettings();
    const aptDir = join(workDir, 'apt');
    const hostSources = await readAptSources();
    const archive = await openArchive({ sources: hostSources, release, settings, dir: aptDir, onProgress, signal });
    const rootUuid = random.uuid();
    room = await openTreeRoom(workDir);
    const { treeDir, enter } = room;
    const { sources } = archive;
    await bootstrapDebian({ release, sources, settings, aptDir, rootUuid, workDir, enter, onProgress, signal });
    await finishTree(treeDir, archive.guest);
    onProgress('making a disk that BIOS and UEFI boot');
    const disk = await assembleDisk({ treeDir, workDir, rootUuid, signal });
    onProgress('writing the image');
    const handle = await open(disk, 'r');
    // Only root enters the directory: in it qemu-img, which is nobody in particular, may read.
    await handle.chmod(0o644);
    const maxBytes = 2 * IMAGE_DISK.sizeBytes;
    const placement = { disk: handle, diskFormat: 'raw' as const, name, imagesDir, workDir, signal, maxBytes };
    const placed = await placeImage(placement).finally(() => handle.close());
    return { ...placed, origin: `${name} built here`, identity: 'credentials', firmwares: ['bios', 'uefi'] };
  } catch (error) {
    throw buildError(error, name, signal);
  } finally {
    await room?.close();
  }
}

function buildError(error: unknown, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) return new LodgeError('CANCELLED', `building ${name} was cancelled`);
  if (error instanceof Error && /No space left on device|ENOSPC/.test(error.message)) {
    return new LodgeError('DISK_FULL', `the disk became full while ${name} was built`, { cause: error, hint: 'df -h' });
  }
  if (isLodgeError(error, 'IMAGE_BUILD_FAILED') || isLodgeError(error, 'COMMAND_MISSING')) return error;
  return new LodgeError('IMAGE_BUILD_FAILED', `${name} could not be built`, { cause: error });
}
