import { formatSize, GIB, MIB } from '../base/size.ts';
import type { DoctorCheck } from '../model/doctor.ts';
import { failing, fine, warned } from './doctor-check.ts';

export interface MemoryFacts {
  totalBytes: number;
  availableBytes: number;
  swapTotalBytes: number;
  swapFreeBytes: number;
}

export interface DiskSpaceFacts {
  path: string;
  freeBytes: number;
  totalBytes: number;
  freeInodes: number;
  totalInodes: number;
}

/** A guest of the default size (1 GiB) and QEMU's own share. */
const ROOM_FOR_ONE_GUEST = 1.25 * GIB;
/** The smallest guest we let anyone make is 64 MiB; less than this is left for the host itself. */
const LEAST_MEMORY = 256 * MIB;

export function judgeMemory(facts: MemoryFacts): DoctorCheck {
  const id = 'memory';
  const detail = `${formatSize(facts.availableBytes)} of ${formatSize(facts.totalBytes)} available`;
  const fix = 'stop a guest (lodge ls), or give new ones less: lodge create NAME --memory 512MiB';
  if (facts.availableBytes < LEAST_MEMORY) return failing(id, 'there is no memory left for a guest', detail, fix);
  if (facts.availableBytes < ROOM_FOR_ONE_GUEST) {
    return warned(id, 'there is no room for a guest of the default 1GiB', detail, fix);
  }
  return fine(id, `${formatSize(facts.availableBytes)} of memory can be had`, detail);
}

/** Half-full swap means that the guests together were given more than there is. */
export function judgeSwap(facts: MemoryFacts): DoctorCheck {
  const id = 'swap';
  const used = facts.swapTotalBytes - facts.swapFreeBytes;
  if (facts.swapTotalBytes === 0) {
    return fine(id, 'there is no swap', 'When memory runs out the kernel ends the largest process, which is a guest.');
  }
  const detail = `${formatSize(used)} of ${formatSize(facts.swapTotalBytes)} used`;
  if (used > facts.swapTotalBytes / 2) {
    return warned(
      id,
      'more than half of the swap is used',
      detail,
      'lower the memory of guests: lodge set NAME --balloon 512MiB',
    );
  }
  return fine(id, `swap: ${detail}`);
}

/** Our image takes half a gigabyte, and building one about three times that for a while. */
const ROOM_TO_BUILD = 4 * GIB;
const LEAST_DISK = 1 * GIB;

export function judgeDisk(facts: DiskSpaceFacts): DoctorCheck {
  const id = 'disk';
  const detail = `${formatSize(facts.freeBytes)} of ${formatSize(facts.totalBytes)} free at ${facts.path}`;
  const fix = `see what takes the room: du -xh --max-depth=2 ${facts.path} | sort -h | tail; remove images with lodge image rm NAME`;
  if (facts.freeBytes < LEAST_DISK) return failing(id, 'the disk is nearly full', detail, fix);
  if (facts.freeBytes < ROOM_TO_BUILD) return warned(id, 'there is little room for images and guests', detail, fix);
  return fine(id, `${formatSize(facts.freeBytes)} of disk are free`, detail);
}

export function judgeInodes(facts: DiskSpaceFacts): DoctorCheck {
  const id = 'inodes';
  if (facts.totalInodes === 0) return fine(id, 'the file system has no limit on its number of files');
  const detail = `${facts.freeInodes} of ${facts.totalInodes} inodes free at ${facts.path}`;
  const fix = `see where the files are: du --inodes -xS ${facts.path} | sort -n | tail`;
  // A build unpacks about 15,000 files.
  if (facts.freeInodes < 20_000) return failing(id, 'the file system has nearly no inodes left', detail, fix);
  return fine(id, `${facts.freeInodes} more files fit`, detail);
}
