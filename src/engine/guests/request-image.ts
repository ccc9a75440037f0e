import { createHash } from 'node:crypto';
import type { Caller } from '../../base/caller.ts';
import { isUrl, missingChecksum, parseChecksum } from '../../base/checksum.ts';
import { isLodgeError, LodgeError, type Problem } from '../../base/errors.ts';
import { fileMark } from '../../host/file-mark.ts';
import { openAs } from '../../host/open-as.ts';
import { readOsRelease } from '../../host/os-release.ts';
import { storedBytesOf } from '../../install/import-image.ts';
import { inspectDisk } from '../../install/inspect-disk.ts';
import type { IdentityWay } from '../../model/guest.ts';
import type { CreateGuest } from '../../model/guest-request.ts';
import { BUILDABLE_IMAGES, type Image, type ImageTraits, imageNameFrom, isBuildableImage } from '../../model/image.ts';
import type { ImageWork } from '../../plan/guest-steps.ts';
import { IMAGE_DISK } from '../../render/image-boot.ts';
import { findImported } from '../images/find-imported.ts';
import type { ImageSource, ImageWorks } from '../images/image-works.ts';

/** How the request's image comes to be there, decided before anything is done. */
export interface RequestedImage {
  work: ImageWork;
  name: string | null;
  /** Present when the image is stored already. */
  image: Image | null;
  /** What is known of it now; null: nothing before it is made. */
  traits: ImageTraits | null;
  source: ImageSource | null;
  identity: IdentityWay;
}

interface RequestImageDeps {
  images: ImageWorks;
  /** Where a temporary directory may be made. */
  scratchDir: string;
  /** With whose rights a file is opened. */
  caller: Caller;
}

const NO_IMAGE: RequestedImage = {
  work: 'none',
  name: null,
  image: null,
  traits: null,
  source: null,
  identity: 'none',
};

/**
 * `--image N|FILE|URL`: a stored image, one that Lodge can build, or a file to import under a name made from its own.
 * Without one: an empty disk when an ISO is given, else the Debian of the host.
 *
 * @throws IMAGE_NOT_FOUND
 */
export async function requestImage(
  deps: RequestImageDeps,
  request: CreateGuest,
  problems: Problem[],
): Promise<RequestedImage> {
  const { images } = deps;
  problems.push(...checksumProblems(request));
  if (request.image === undefined && request.iso !== undefined) {
    return NO_IMAGE;
  }
  const wanted = request.image ?? (await defaultImage());
  if (wanted === 'none') return NO_IMAGE;
  const stored = images.find(wanted);
  if (stored !== null) return storedImage(stored);
  if (isBuildableImage(wanted)) {
    const traits: ImageTraits = { name: wanted, virtualSizeBytes: IMAGE_DISK.sizeBytes, firmwares: ['bios', 'uefi'] };
    return { work: 'build', name: wanted, image: null, traits, source: { way: 'build' }, identity: 'credentials' };
  }
  if (isForeign(wanted)) return importedImage(deps, wanted, request, problems);
  throw new LodgeError('IMAGE_NOT_FOUND', `there is no image ${wanted}`, {
    hint: `Lodge can build ${Object.keys(BUILDABLE_IMAGES).join(' and ')}; all images: lodge image ls`,
  });
}

/** A file is looked at now: what it is decides what the guest can be. Of a URL nothing is known before it is here. */
async function importedImage(
  deps: RequestImageDeps,
  source: string,
  request: CreateGuest,
  problems: Problem[],
): Promise<RequestedImage> {
  const checksum = request.checksum ?? null;
  const found = source.startsWith('/')
    ? await lookAtFile(deps, source, checksum, problems)
    : urlImage(deps.images, source, checksum, problems);
  const { name, stored, traits, seen } = found;
  if (stored !== null) return storedImage(stored);
  return {
    work: 'import',
    name,
    image: null,
    traits,
    source: { way: 'import', source, checksum, identity: null, ...seen },
    identity: 'nocloud',
  };
}

interface FoundImport {
  name: string;
  stored: Image | null;
  traits: ImageTraits | null;
  /** What is kept of the look, for when it is imported. */
  seen: { mark: string | null; storedBytes?: number; caller?: Caller };
}

async function lookAtFile(
  { images, scratchDir, caller }: RequestImageDeps,
  file: string,
  checksum: string | null,
  problems: Problem[],
): Promise<FoundImport> {
  const missing: FoundImport = { name: nameOfImport(file, file), stored: null, traits: null, seen: { mark: null } };
  const handle = await openAs(file, caller).catch((error: unknown) => {
    if (isLodgeError(error)) return null;
    throw error;
  });
  if (handle === null) {
    problems.push({ path: 'image', rule: 'must be a file that can be read', value: file });
    return missing;
  }
  const mark = await fileMark(handle);
  const name = nameOfImport(file, `${file} ${mark}`);
  try {
    const disk = await inspectDisk({ handle, source: file }, scratchDir);
    const stored = await findImported(images, { handle, source: file, mark, disk, checksum });
    const seen = { mark, storedBytes: await storedBytesOf(handle), caller };
    return { name, stored, traits: { name: file, ...disk }, seen };
  } catch (error) {
    if (!isLodgeError(error, 'NOT_AN_IMAGE')) throw error;
    problems.push({ path: 'image', rule: `${NOT_A_DISK}, and is ${seenIn(error)}`, value: file });
    return { ...missing, name };
  } finally {
    await handle.close();
  }
}

function urlImage(images: ImageWorks, url: string, checksum: string | null, problems: Problem[]): FoundImport {
  problems.push(...missingChecksum(url, checksum));
  const name = nameOfImport(url, `${url} ${checksum ?? ''}`);
  return { name, stored: images.find(name), traits: null, seen: { mark: null } };
}

function storedImage(image: Image): RequestedImage {
  return { work: 'stored', name: image.name, image, traits: image, source: null, identity: image.identity };
}

/** A file or a URL, and no image's name. */
function isForeign(image: string): boolean {
  return image.startsWith('/') || isUrl(image);
}

function checksumProblems({ image, checksum }: CreateGuest): Problem[] {
  if (checksum === undefined) return [];
  if (image === undefined || !isForeign(image)) {
    const rule = 'must come with an image that is a file or a URL: only that is checked';
    return [{ path: 'checksum', rule, value: checksum }];
  }
  const parsed = parseChecksum(checksum);
  return parsed.ok ? [] : [{ path: 'checksum', rule: `must be ${parsed.reason}`, value: checksum }];
}

export const NOT_A_DISK = 'must be a disk image';

/** `x is no disk image: it is text` -> `text` */
function seenIn(error: LodgeError): string {
  return error.message.split(': it is ').slice(1).join(': it is ');
}

const HASH_DIGITS = 6;

/** `/srv/Debian 12.qcow2 -> debian-12-1f9a07`: the same content gives the same name, another one another name. */
function nameOfImport(source: string, content: string): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, HASH_DIGITS);
  return `${imageNameFrom(source, 60 - HASH_DIGITS)}-${hash}`;
}

async function defaultImage(): Promise<string> {
  const { codename } = await readOsRelease();
  const own = Object.entries(BUILDABLE_IMAGES).find(([, release]) => release === codename);
  return own?.[0] ?? 'debian-13';
}
