import { LodgeError } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import { formatSize, GIB, MIB } from '../base/size.ts';
import { observeDiskSpace } from '../host/disk-space.ts';
import { bytesIn, readToolAnswer, runImageTool } from '../qemu/image-tool.ts';
import { type DiskFile, type DiskFileFormat, isToolFailure, notAnImage } from './inspect-disk.ts';

interface MeasuredDisk extends DiskFile {
  format: DiskFileFormat;
  virtualSizeBytes: number;
}

/** An image compressed with zstd or zlib becomes three to ten times as large; one that becomes more was made to. */
const SOUND_RATIO = 32;
/** Below this nobody's disk becomes full of it. */
const HARMLESS_BYTES = GIB;
/** Tables and the last cluster, beyond what was measured. */
const SLACK_BYTES = 64 * MIB;

/**
 * How large the image made of a disk may become: what qemu-img measures without writing, told before the first byte is written.
 *
 * @throws DISK_FULL with the sizes; NOT_AN_IMAGE for a small file that would fill a disk
 */
export async function roomOf(disk: MeasuredDisk, imagesDir: string, signal: AbortSignal): Promise<number> {
  const { handle, source, format, virtualSizeBytes } = disk;
  const words = ['measure', '--output=json', '-f', format, '-O', 'qcow2', '/dev/fd/3'];
  const required = await runImageTool(words, { files: [handle], signal })
    .then((told) => bytesIn(readToolAnswer(told), 'required'))
    .catch((error) => {
      throw isToolFailure(error) ? notAnImage(source, `a broken ${format} image`, error) : error;
    });
  const { size, blocks } = await handle.stat();
  const storedBytes = Math.min(size, blocks * 512);
  const sizes = `its ${formatSize(storedBytes)} become ${formatSize(required)} (a disk of ${formatSize(virtualSizeBytes)})`;
  const { freeBytes, path } = await observeDiskSpace(imagesDir);
  if (required + SLACK_BYTES > freeBytes) {
    throw new LodgeError(
      'DISK_FULL',
      `${source} has no room at ${path}: ${sizes}, and ${formatSize(freeBytes)} are free`,
      {
        hint: 'df -h, then lodge image ls',
      },
    );
  }
  if (required > HARMLESS_BYTES && required > SOUND_RATIO * storedBytes) {
    throw new LodgeError('NOT_AN_IMAGE', `${source} was made to fill a disk: ${sizes}`, {
      hint: `if you trust it, unpack it yourself and import that: qemu-img convert -O raw ${shellWord(source)} unpacked.raw`,
    });
  }
  return required + SLACK_BYTES;
}
