import { freemem, totalmem } from 'node:os';
import { LodgeError } from '../base/errors.ts';
import { MIB } from '../base/size.ts';

/** What QEMU says when it cannot start, and what helps. The texts are QEMU's and the kernel's. */
const KNOWN: { pattern: RegExp; hint: string }[] = [
  {
    pattern: /Failed to get "?\w+"? lock/,
    hint: 'another QEMU has the disk open, which fuser on the file names: lodge ls',
  },
  {
    pattern: /\/dev\/net\/tun|could not configure.*tap|TUNSETIFF/,
    hint: 'whether /dev/net/tun is open to QEMU: lodge doctor',
  },
  { pattern: /Could not access KVM kernel module|failed to initialize kvm/i, hint: 'lodge doctor --refresh' },
  { pattern: /Permission denied/, hint: "every directory above the file must let QEMU's user pass: namei -l FILE" },
  { pattern: /No space left on device/, hint: 'df -h, then lodge image ls' },
  { pattern: /Bad system call/, hint: 'the sandbox ended QEMU: please report the last lines of its log' },
];

/** `cannot set up guest memory 'pc.ram': Cannot allocate memory` (QEMU softmmu/physmem.c) and its cousins. */
const NO_MEMORY = /cannot set up guest memory|Cannot allocate memory|os_mem_prealloc/;

interface Death {
  /** What QEMU and what started it wrote since the start. */
  said: string;
  /** `exited with 1`, `was ended by SIGSYS`. */
  ended: string;
  argv: string[];
}

/** The error for a QEMU that ended before its monitor answered: MEMORY_SHORT with numbers, else QEMU_DIED with its words. */
export function startError({ said, ended, argv }: Death): LodgeError {
  const words = said.trim().slice(-2000);
  if (NO_MEMORY.test(words)) {
    const numbers = `${requestedMemory(argv)} wanted, ${inMiB(freemem())} of ${inMiB(totalmem())} free`;
    return new LodgeError('MEMORY_SHORT', `the host has not enough memory for the guest: ${numbers}`, {
      hint: 'stop a guest, or give this one less: lodge set NAME --memory',
      cause: new Error(words),
    });
  }
  const hint = KNOWN.find(({ pattern }) => pattern.test(words))?.hint;
  return new LodgeError(
    'QEMU_DIED',
    `QEMU ${ended} while starting${words === '' ? ', without a word' : `: ${words}`}`,
    {
      hint,
    },
  );
}

function requestedMemory(argv: string[]): string {
  const value = argv[argv.indexOf('-m') + 1] ?? '';
  const size = /(?:size=)?(\d+)M?/.exec(value)?.[1];
  return size === undefined ? 'more than there is' : `${size} MiB`;
}

/** `os.freemem()` is the kernel's MemAvailable: page cache that can be dropped counts as free. */
function inMiB(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}
