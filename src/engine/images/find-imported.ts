import { open } from 'node:fs/promises';
import type { Caller } from '../../base/caller.ts';
import { parseChecksum } from '../../base/checksum.ts';
import { LodgeError } from '../../base/errors.ts';
import { fileMark } from '../../host/file-mark.ts';
import { openAs } from '../../host/open-as.ts';
import { lookupUser, QEMU_USER } from '../../host/users.ts';
import { type DiskFile, type InspectedDisk, isOpenToAll, recogniseFile } from '../../install/inspect-disk.ts';
import { hashFile } from '../../install/place-image.ts';
import type { Image } from '../../model/image.ts';
import { imageToolUser, runImageTool } from '../../qemu/image-tool.ts';
import type { ImageSource, ImageWorks } from './image-works.ts';

interface SoughtFile extends DiskFile {
  mark: string;
  disk: Pick<InspectedDisk, 'format' | 'virtualSizeBytes'>;
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
  images.noteImported(found, { ...sought, file: sought.source });
  return found;
}

async function findSame(candidates: Image[], { handle, disk }: SoughtFile): Promise<Image | null> {
  // What only its owner may read is imported anew, too.
  if (!(await isOpenToAll(handle))) return null;
  // The images are open to QEMU's group.
  const as = { ...imageToolUser(), ...pick(lookupUser(QEMU_USER)) };
  for (const image of candidates) {
    if (image.virtualSizeBytes !== disk.virtualSizeBytes) continue;
    const words = ['compare', '-q', '-f', disk.format, '-F', image.format, '/dev/fd/3', '/dev/fd/4'];
    const stored = await open(image.path, 'r').catch(() => null);
    if (stored === null) continue;
    const run = { files: [handle, stored], as, okExitCodes: [0, 1], timeoutMs: COMPARE_TIMEOUT_MS };
    // What cannot be compared is imported anew: that is slow, and never wrong.
    const exitCode = await runImageTool(words, run)
      .then(
        (ended) => ended.exitCode,
        () => 1,
      )
      .finally(() => stored.close());
    if (exitCode === 0) return image;
  }
  return null;
}

function pick(account: { gid: number } | null): { gid?: number } {
  return account === null ? {} : { gid: account.gid };
}

async function refuseOther(image: Image, { handle, source: file, mark, checksum }: SoughtFile): Promise<void> {
  const wanted = checksum === null ? null : parseChecksum(checksum);
  // What is no checksum is a problem of the request, and told with the others.
  if (!wanted?.ok || (image.imported?.checksum === checksum && image.imported?.mark === mark)) return;
  const { algorithm, hex } = wanted.value;
  const has = await hashFile(handle, algorithm);
  if (has === hex) return;
  throw new LodgeError('CHECKSUM_MISMATCH', `${file} has ${algorithm}:${has}, wanted was ${algorithm}:${hex}`, {
    hint: 'compare the checksum with what its publisher names, and download it anew',
  });
}

type SameImport = Pick<Extract<ImageSource, { way: 'import' }>, 'source' | 'checksum' | 'identity'>;

/**
 * Whether an image is what this import would make of it: of a URL by the checksum alone, of a file by what is in it.
 *
 * @throws CHECKSUM_MISMATCH when the file is stored already and is not what the checksum says
 */
export async function isSameImport(
  image: Image,
  { source, checksum, identity }: SameImport,
  caller: Caller,
): Promise<boolean> {
  if (image.identity !== (identity ?? 'nocloud')) return false;
  if (!source.startsWith('/')) {
    return checksum !== null && image.imported?.checksum?.toLowerCase() === checksum.toLowerCase();
  }
  const handle = await openAs(source, caller);
  try {
    const disk = await recogniseFile({ handle, source });
    const sought = { handle, source, mark: await fileMark(handle), disk, checksum };
    const isSame = image.imported?.mark === sought.mark || (await findSame([image], sought)) !== null;
    if (isSame) await refuseOther(image, sought);
    return isSame;
  } finally {
    await handle.close();
  }
}
