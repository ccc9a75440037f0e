import type { Problem } from '../base/errors.ts';
import { GIB, MIB } from '../base/size.ts';
import type { Firmware } from '../model/guest.ts';
import { GUEST_DEFAULTS } from '../model/guest-defaults.ts';
import type { CreateGuest } from '../model/guest-request.ts';
import type { ImageTraits } from '../model/image.ts';

/** What was asked for of the things that the image decides when nobody does. */
export interface AskedOfImage {
  diskSizeBytes: number | null;
  firmware: Firmware | null;
}

export function askedOfImage({ disk, firmware }: CreateGuest): AskedOfImage {
  return { diskSizeBytes: disk?.sizeBytes ?? null, firmware: firmware ?? null };
}

/**
 * Disk size and firmware of a guest from this image: as asked, else as the image needs it. The only place where that is decided, for
 * an image that is stored and for one that was downloaded a moment ago.
 *
 * @param cdFirmwares what boots from the CD, for a guest without an image
 */
export function fitImage(
  asked: AskedOfImage,
  image: ImageTraits | null,
  cdFirmwares: readonly Firmware[] = [],
): { sizeBytes: number; firmware: Firmware; problems: Problem[] } {
  const problems: Problem[] = [];
  const atLeast = image?.virtualSizeBytes ?? 0;
  const sizeBytes = asked.diskSizeBytes ?? Math.max(GUEST_DEFAULTS.diskBytes, atLeast);
  if (sizeBytes < atLeast) {
    const rule = `must be at least the image's own size, ${sizeAbove(atLeast)}`;
    problems.push({ path: 'disk.sizeBytes', rule, value: sizeBytes });
  }
  const firmware = asked.firmware ?? defaultFirmware(image === null ? cdFirmwares : (image.firmwares ?? []));
  if (image !== null && image.firmwares !== null && !image.firmwares.includes(firmware)) {
    const rule = `must be ${image.firmwares.join(' or ')}: ${image.name} boots by nothing else`;
    problems.push({ path: 'firmware', rule, value: firmware });
  }
  return { sizeBytes, firmware, problems };
}

/** BIOS wherever it will do: it starts sooner, and every host has it. */
function defaultFirmware(firmwares: readonly Firmware[]): Firmware {
  return firmwares.length === 0 || firmwares.includes(GUEST_DEFAULTS.firmware)
    ? GUEST_DEFAULTS.firmware
    : (firmwares[0] ?? GUEST_DEFAULTS.firmware);
}

/** A size that can be typed and is enough. */
function sizeAbove(bytes: number): string {
  return bytes % GIB === 0 ? `${bytes / GIB}GiB` : `${Math.ceil(bytes / MIB)}MiB`;
}
