/** The first bytes that `recogniseDisk` wants to see: up to the descriptor of an ISO 9660 file system. */
export const HEAD_BYTES = 34 * 1024;

type Recognised =
  | { ok: true; format: 'qcow2' | 'vmdk' | 'raw'; virtualSizeBytes: number }
  | { ok: false; seen: string };

const QCOW2_DATA_FILE = 1n << 2n;

/**
 * Tells a disk image by its first bytes, and refuses what would make QEMU open other files of the host on its behalf:
 * a backing file or external data file (docs/interop/qcow2.txt of QEMU), a VMDK whose extents lie elsewhere. qemu-img
 * itself is asked only after this, and always with the format given, so that it never guesses.
 *
 *     'QFI\xfb' -> qcow2     'KDMV' -> vmdk     0x55 0xAA at 510 -> raw, a disk with a boot sector
 */
export function recogniseDisk(head: Uint8Array, sizeBytes: number): Recognised {
  if (sizeBytes === 0) return refused('an empty file');
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = head.length < 4 ? 0 : view.getUint32(0);
  if (magic === 0x514649fb) return recogniseQcow2(view);
  if (magic === 0x4b444d56) return recogniseVmdk(view);
  const start = latin1(head.subarray(0, 64));
  if (start.startsWith('# Disk DescriptorFile')) return refused('a VMDK descriptor, whose data is in other files');
  if (start.startsWith('QED\0')) return refused('a QED image');
  if (start.startsWith('vhdxfile')) return refused('a VHDX image');
  if (latin1(head.subarray(32_769, 32_774)) === 'CD001') return refused('a CD image (ISO 9660): give it with --iso');
  if (head.length >= 512 && head[510] === 0x55 && head[511] === 0xaa) return recogniseRaw(view, sizeBytes);
  const packed = packedAs(head);
  if (packed !== null) return refused(`a file packed with ${packed}: unpack it first`);
  // Its words are not repeated: the file may be one that the caller may not read and we may.
  if (isText(head.subarray(0, 512))) return refused(/^\s*</.test(start) ? 'a web page or other markup' : 'text');
  return refused('neither qcow2 nor vmdk, and no boot sector of a raw disk');
}

function recogniseQcow2(view: DataView): Recognised {
  if (view.byteLength < 104) return refused('a qcow2 image cut off in its header');
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) return refused(`a qcow image of version ${version}`);
  if (view.getBigUint64(8) !== 0n) return refused('a qcow2 image with a backing file, which is not in it');
  if (view.getUint32(32) !== 0) return refused('an encrypted qcow2 image');
  if (version === 3 && (view.getBigUint64(72) & QCOW2_DATA_FILE) !== 0n) {
    return refused('a qcow2 image with an external data file, which is not in it');
  }
  return { ok: true, format: 'qcow2', virtualSizeBytes: Number(view.getBigUint64(24)) };
}

/** A sparse extent without a capacity is a descriptor in disguise: QEMU would open the files it names. */
function recogniseVmdk(view: DataView): Recognised {
  if (view.byteLength < 512) return refused('a VMDK image cut off in its header');
  const sectors = Number(view.getBigUint64(12, true));
  if (sectors === 0) return refused('a VMDK descriptor, whose data is in other files');
  return { ok: true, format: 'vmdk', virtualSizeBytes: sectors * 512 };
}

/** A disk that ends before its partitions do was cut off on the way. Offsets: UEFI 2.10 section 5.3, and the MBR. */
function recogniseRaw(view: DataView, sizeBytes: number): Recognised {
  if (sizeBytes % 512 !== 0) return refused('a raw disk cut off in the middle of a sector');
  const isGpt = view.byteLength >= 1024 && view.getBigUint64(512) === 0x4546492050415254n;
  const lastSector = isGpt ? Number(view.getBigUint64(512 + 32, true)) : lastMbrSector(view);
  if ((lastSector + 1) * 512 > sizeBytes) {
    return refused(
      `a raw disk cut off at ${sizeBytes} bytes: its partition table goes on to ${(lastSector + 1) * 512}`,
    );
  }
  return { ok: true, format: 'raw', virtualSizeBytes: sizeBytes };
}

function lastMbrSector(view: DataView): number {
  const ends = [0, 1, 2, 3].map((index) => {
    const entry = 446 + index * 16;
    return view.getUint8(entry + 4) === 0 ? 0 : view.getUint32(entry + 8, true) + view.getUint32(entry + 12, true) - 1;
  });
  return Math.max(0, ...ends);
}

/** What the firmware finds on the disk, by its first bytes as the guest sees them; both when they do not say. */
export function firmwaresOf(head: Uint8Array): ('bios' | 'uefi')[] {
  // The type of an EFI system partition as GPT stores it: C12A7328-F81F-11D2-BA4B-00A0C93EC93B.
  const esp = latin1(Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex'));
  const mbrTypes = [0, 1, 2, 3].map((index) => head[446 + index * 16 + 4]);
  const uefi = latin1(head.subarray(1024)).includes(esp) || mbrTypes.includes(0xef);
  const bios = head.subarray(0, 440).some((byte) => byte !== 0);
  if (bios && !uefi) return ['bios'];
  return uefi && !bios ? ['uefi'] : ['bios', 'uefi'];
}

function packedAs(head: Uint8Array): string | null {
  const start = Buffer.from(head.subarray(0, 6)).toString('hex');
  if (start.startsWith('1f8b')) return 'gzip';
  if (start === 'fd377a585a00') return 'xz';
  if (start.startsWith('28b52ffd')) return 'zstd';
  if (start.startsWith('425a68')) return 'bzip2';
  return start.startsWith('504b0304') ? 'zip' : null;
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || byte >= 32);
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

function refused(seen: string): Recognised {
  return { ok: false, seen };
}
