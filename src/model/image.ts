import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import { trimEndOf } from '../base/trim-end.ts';
import type { DiskFormat, Firmware, IdentityWay } from './guest.ts';

/** A disk to copy guests from. `building` ones belong to an operation and are no guest's parent yet. */
export interface Image {
  name: string;
  /** Absolute path under `images/`. */
  path: string;
  format: DiskFormat;
  /** Size the guest sees, and bytes it takes on the host. */
  virtualSizeBytes: number;
  storedBytes: number;
  /** `debian-12 built here`, or the file or URL it was imported from. */
  origin: string;
  /** SHA-256 of the stored file, lower-case hex. */
  sha256: string;
  identity: IdentityWay;
  firmwares: Firmware[];
  /** Absent when it was built here, or imported by an older Lodge. */
  imported?: { mark: string | null; checksum: string | null };
  createdAtMs: number;
}

/** What of an image decides what a guest from it can be. Firmwares are null while nobody can tell. */
export interface ImageTraits {
  name: string;
  virtualSizeBytes: number;
  firmwares: readonly Firmware[] | null;
}

export const IMAGE_NAME = /^[a-z0-9][a-z0-9.-]{0,60}$/;
export const IMAGE_NAME_RULE =
  'lower-case letters, digits, dots and hyphens, beginning with a letter or digit, at most 61';

export function parseImageName(text: string): Parsed<string> {
  return IMAGE_NAME.test(text) ? parsed(text) : rejected(IMAGE_NAME_RULE);
}

/**
 * A name for the image of a file or URL, which is always a valid one: `/srv/Débian_12 (1).qcow2 -> debian-12-1`. What has no
 * letter or digit of ours is `image`.
 *
 * @param most how many characters it may have, for who appends to it
 */
export function imageNameFrom(source: string, most = 61): string {
  const isUrl = /^https?:\/\//i.test(source);
  const path = isUrl ? (source.split(/[?#]/, 1)[0] ?? '').replace(/^https?:\/\/[^/]*/i, '') : source;
  const file = path.split('/').at(-1) ?? '';
  const words = file
    .replace(/\.(qcow2|raw|img|vmdk)$/i, '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, most);
  const name = trimEndOf(words, '-.');
  return name === '' ? 'image' : name;
}

/** The images Lodge can build by itself, and Debian's name of the release. */
export const BUILDABLE_IMAGES = { 'debian-12': 'bookworm', 'debian-13': 'trixie' } as const;
export type BuildableImage = keyof typeof BUILDABLE_IMAGES;

export function isBuildableImage(name: string): name is BuildableImage {
  return Object.hasOwn(BUILDABLE_IMAGES, name);
}

export interface ImageRow extends Image {
  /** Names of the guests whose disks are children of this image. */
  usedBy: string[];
}

/** Images Lodge can build that are not there yet are listed with `image: null`. */
export interface ImageListing {
  images: ImageRow[];
  buildable: string[];
}

export interface BuildImage {
  name: string;
  /** Build again although it is there; refused while guests use it. */
  rebuild?: boolean;
}

export interface ImportImage {
  name: string;
  /** Absolute path on the host, or URL. */
  source: string;
  /** `sha256:HEX` or `sha512:HEX`. Needed for a URL. */
  checksum?: string;
  /** Default: told from the file's own magic. */
  identity?: 'nocloud' | 'none';
}
