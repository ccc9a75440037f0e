import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import type { DiskFormat, IdentityWay } from './guest.ts';

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
  firmwares: ('bios' | 'uefi')[];
  createdAtMs: number;
}

export const IMAGE_NAME = /^[a-z0-9][a-z0-9.-]{0,60}$/;
export const IMAGE_NAME_RULE =
  'lower-case letters, digits, dots and hyphens, beginning with a letter or digit, at most 61';

export function parseImageName(text: string): Parsed<string> {
  return IMAGE_NAME.test(text) ? parsed(text) : rejected(IMAGE_NAME_RULE);
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
