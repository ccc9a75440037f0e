import { formatSize, MIB } from '../base/size.ts';
import type { DoctorCheck } from '../model/doctor.ts';
import { GUEST_DEFAULTS, GUEST_LIMITS } from '../model/guest-defaults.ts';
import { roomy, spaceToBuild } from './build-space.ts';
import { failing, fine, warned } from './doctor-check.ts';
import { memoryNeeded } from './guest-memory.ts';

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

const DEFAULT_MEMORY = formatSize(GUEST_DEFAULTS.memoryMiB * MIB);

/** By what `create` asks for: a guest has to fit what is free of memory and swap together. */
export function judgeMemory(facts: MemoryFacts): DoctorCheck {
  const id = 'memory';
  const free = facts.availableBytes + facts.swapFreeBytes;
  const needed = memoryNeeded(GUEST_DEFAULTS.memoryMiB);
  const least = memoryNeeded(GUEST_LIMITS.memoryMiB.min);
  const has = `${formatSize(facts.availableBytes)} of ${formatSize(facts.totalBytes)} of memory and ${formatSize(facts.swapFreeBytes)} of swap are free.`;
  if (free >= needed) return fine(id, `a guest of the default ${DEFAULT_MEMORY} fits`, has);
  const smaller = `make a smaller guest: lodge create NAME --memory ${GUEST_LIMITS.memoryMiB.min * 4}MiB`;
  const say = free < least ? failing : warned;
  const what = free < least ? 'any guest' : `a guest of the default ${DEFAULT_MEMORY}`;
  const amount = `${inMiB(free < least ? least : needed)} are needed, ${inMiB(free)} are free`;
  if (facts.totalBytes + facts.swapTotalBytes < needed) {
    const fix = free < least ? 'a host with more memory or swap is needed' : smaller;
    return say(id, `the host's memory is too small for ${what}: ${amount}`, has, fix);
  }
  return say(id, `too little memory is free for ${what}: ${amount}`, has, `stop a guest (lodge ls), or ${smaller}`);
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

/** Both amounts in one unit, so that a little less shows as less. */
function inMiB(bytes: number): string {
  return `${Math.floor(bytes / MIB)}MiB`;
}

/** What `create` asks for where the first image has to be built. */
const BUILD = spaceToBuild();

export function judgeDisk(facts: DiskSpaceFacts): DoctorCheck {
  const id = 'disk';
  const { path, freeBytes, totalBytes } = facts;
  const has = `${roomy(freeBytes)} of ${roomy(totalBytes)} are free at ${path}`;
  if (freeBytes >= BUILD.bytes) return fine(id, `an image can be built: ${has}`);
  const needs = `an image's build needs about ${roomy(BUILD.bytes)}, ${roomy(freeBytes)} are free`;
  const detail = `It is about the file system of ${path}, of ${roomy(totalBytes)}: ${BUILD.reason}.`;
  if (totalBytes < BUILD.bytes) {
    return failing(id, `the disk is too small: ${needs}`, detail, `mount a larger file system at ${path}`);
  }
  const fix = `see what takes the room: du -xh --max-depth=2 ${path} | sort -h | tail; remove images with lodge image rm NAME`;
  return failing(id, `too little of the disk is free: ${needs}`, detail, fix);
}

export function judgeInodes(facts: DiskSpaceFacts): DoctorCheck {
  const id = 'inodes';
  const { path, freeInodes, totalInodes } = facts;
  if (totalInodes === 0) return fine(id, 'the file system has no limit on its number of files');
  if (freeInodes >= BUILD.inodes) return fine(id, `${freeInodes} more files fit`, `of ${totalInodes} at ${path}`);
  const needs = `an image's build makes about ${BUILD.inodes} files, ${freeInodes} more fit`;
  const detail = `The file system of ${path} was made for ${totalInodes}.`;
  if (totalInodes < BUILD.inodes) {
    const fix = `mount one with more at ${path} (mkfs.ext4 -N says how many)`;
    return failing(id, `the file system is too small: ${needs}`, detail, fix);
  }
  const fix = `see where the files are: du --inodes -xS ${path} | sort -n | tail`;
  return failing(id, `too few inodes are free: ${needs}`, detail, fix);
}
