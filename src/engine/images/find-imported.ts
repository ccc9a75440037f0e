import { parseChecksum } from '../../base/checksum.ts';
import { LodgeError } from '../../base/errors.ts';
import { exec } from '../../host/exec.ts';
import type { InspectedDisk } from '../../install/inspect-disk.ts';
import { hashFile } from '../../install/place-image.ts';
import type { Image } from '../../model/image.ts';
import type { ImageWorks } from './image-works.ts';

interface SoughtFile {
  file: string;
  mark: string;
  disk: InspectedDisk;
  /** One that the user gave: an image found for the file counts only when the file has it. */
  checksum: string | null;
}

const COMPARE_TIMEOUT_MS = 600_000;

/**
 * The stored image that holds what this file holds at this moment; null: it has to be imported. A file nobody touched is known by
 * its mark. One that was touched, or copied, is compared with the images of its size: that ends at the first byte that differs.
 *
 * @throws CHECKSUM_MISMATCH when the file is stored already and is not what the checksum says
 */
export async function findImported(images: ImageWorks, sought: SoughtFile): Promise<Image | null> {
  const candidates = images.imported().filter(({ identity }) => identity === 'nocloud');
  const found =
    candidates.find(({ imported }) => imported?.mark === sought.mark) ?? (await findSame(candidates, sought));
  if (found === null) return null;
  await refuseOther(found, sought);
  images.noteImported(found, sought);
  return found;
}

async function findSame(candidates: Image[], { file, disk }: SoughtFile): Promise<Image | null> {
  for (const image of candidates) {
    if (image.virtualSizeBytes !== disk.virtualSizeBytes) continue;
    const args = ['compare', '-q', '-f', disk.format, '-F', image.format, file, image.path];
    const options = { okExitCodes: [0, 1], timeoutMs: COMPARE_TIMEOUT_MS };
    // What cannot be compared is imported anew: that is slow, and never wrong.
    const exitCode = await exec('qemu-img', args, options).then(
      (ended) => ended.exitCode,
      () => 1,
    );
    if (exitCode === 0) return image;
  }
  return null;
}

async function refuseOther(image: Image, { file, mark, checksum }: SoughtFile): Promise<void> {
  const wanted = checksum === null ? null : parseChecksum(checksum);
  // What is no checksum is a problem of the request, and told with the others.
  if (!wanted?.ok || (image.imported?.checksum === checksum && image.imported?.mark === mark)) return;
  const { algorithm, hex } = wanted.value;
  const has = await hashFile(file, algorithm);
  if (has === hex) return;
  throw new LodgeError('CHECKSUM_MISMATCH', `${file} has ${algorithm}:${has}, wanted was ${algorithm}:${hex}`, {
    hint: 'compare the checksum with what its publisher names, and download it anew',
  });
}
