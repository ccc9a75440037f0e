import { createHash } from 'node:crypto';
import { parseChecksum } from '../../base/checksum.ts';
import { LodgeError, type Problem } from '../../base/errors.ts';
import { readOsRelease } from '../../host/os-release.ts';
import type { IdentityWay } from '../../model/guest.ts';
import type { CreateGuest } from '../../model/guest-request.ts';
import { BUILDABLE_IMAGES, type Image, isBuildableImage } from '../../model/image.ts';
import type { ImageWork } from '../../plan/guest-steps.ts';
import type { ImageSource, ImageWorks } from '../images/image-works.ts';

/** How the request's image comes to be there, decided before anything is done. */
export interface RequestedImage {
  work: ImageWork;
  name: string | null;
  /** Present when the image is stored already. */
  image: Image | null;
  source: ImageSource | null;
  identity: IdentityWay;
}

/**
 * `--image N|FILE|URL`: a stored image, one that Lodge can build, or a file to import under a name made from its own.
 * Without one: an empty disk when an ISO is given, else the Debian of the host.
 *
 * @throws IMAGE_NOT_FOUND
 */
export async function requestImage(
  images: ImageWorks,
  request: CreateGuest,
  problems: Problem[],
): Promise<RequestedImage> {
  problems.push(...checksumProblems(request));
  if (request.image === undefined && request.iso !== undefined) {
    return { work: 'none', name: null, image: null, source: null, identity: 'none' };
  }
  const wanted = request.image ?? (await defaultImage());
  if (wanted === 'none') return { work: 'none', name: null, image: null, source: null, identity: 'none' };
  const stored = images.find(wanted);
  if (stored !== null) {
    return { work: 'stored', name: wanted, image: stored, source: null, identity: stored.identity };
  }
  if (isBuildableImage(wanted)) {
    return { work: 'build', name: wanted, image: null, source: { way: 'build' }, identity: 'credentials' };
  }
  if (isForeign(wanted)) return importedImage(images, wanted, request, problems);
  throw new LodgeError('IMAGE_NOT_FOUND', `there is no image ${wanted}`, {
    hint: `lodge image ls; Lodge can build ${Object.keys(BUILDABLE_IMAGES).join(' and ')}`,
  });
}

function importedImage(images: ImageWorks, source: string, request: CreateGuest, problems: Problem[]): RequestedImage {
  const name = importName(source, request.checksum);
  const stored = images.find(name);
  if (stored !== null) return { work: 'stored', name, image: stored, source: null, identity: stored.identity };
  const checksum = request.checksum ?? null;
  if (!source.startsWith('/') && checksum === null) {
    problems.push({ path: 'checksum', rule: 'must be given for an image from a URL', value: undefined });
  }
  return {
    work: 'import',
    name,
    image: null,
    source: { way: 'import', source, checksum, identity: null },
    identity: 'nocloud',
  };
}

/** A file or a URL, and no image's name. */
function isForeign(image: string): boolean {
  return image.startsWith('/') || /^https?:\/\//.test(image);
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

/** `/srv/debian 12.qcow2 -> debian-12-1f9a07`: the same file gives the same name, another file another one. */
function importName(source: string, checksum: string | undefined): string {
  const base =
    source
      .split('/')
      .at(-1)
      ?.replace(/\.(qcow2|raw|img|vmdk)$/i, '') ?? 'image';
  const hash = createHash('sha256')
    .update(`${source} ${checksum ?? ''}`)
    .digest('hex')
    .slice(0, 6);
  return `${base.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-')}-${hash}`;
}

async function defaultImage(): Promise<string> {
  const { codename } = await readOsRelease();
  const own = Object.entries(BUILDABLE_IMAGES).find(([, release]) => release === codename);
  return own?.[0] ?? 'debian-13';
}
