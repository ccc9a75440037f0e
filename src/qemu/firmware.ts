import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathExists, readIfPresent } from '../host/files.ts';

export interface UefiFirmware {
  /** Read-only code, mapped as pflash0. */
  code: string;
  /** Copied once for each guest and mapped as pflash1. */
  varsTemplate: string;
}

/** Firmware descriptors (QEMU docs/interop/firmware.json): the part Lodge reads. */
interface Descriptor {
  'interface-types'?: string[];
  mapping?: { device?: string; executable?: File; 'nvram-template'?: File };
  targets?: { architecture?: string; machines?: string[] }[];
  features?: string[];
}
interface File {
  filename?: string;
  format?: string;
}

/** Debian's ovmf, for a system whose descriptors were removed. */
const KNOWN_PAIRS: UefiFirmware[] = [
  { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', varsTemplate: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
  { code: '/usr/share/OVMF/OVMF_CODE.fd', varsTemplate: '/usr/share/OVMF/OVMF_VARS.fd' },
];

/**
 * The host's UEFI firmware for x86_64 guests, or null. Plain firmware without Secure Boot: that one needs SMM, which
 * `pc` does not have, and would refuse the images Lodge builds.
 */
export async function findUefi(descriptorDir = '/usr/share/qemu/firmware'): Promise<UefiFirmware | null> {
  const names = await readdir(descriptorDir).catch(() => []);
  const candidates: UefiFirmware[] = [];
  // Their numbers give the priority, lowest first.
  for (const name of names.filter((file) => file.endsWith('.json')).sort()) {
    const found = pairOf(await readIfPresent(join(descriptorDir, name)));
    if (found !== null) candidates.push(found);
  }
  for (const pair of [...candidates, ...KNOWN_PAIRS]) {
    if ((await pathExists(pair.code)) && (await pathExists(pair.varsTemplate))) return pair;
  }
  return null;
}

function pairOf(text: string | null): UefiFirmware | null {
  let descriptor: Descriptor;
  try {
    descriptor = JSON.parse(text ?? '{}') as Descriptor;
  } catch {
    return null;
  }
  const features = descriptor.features ?? [];
  const target = descriptor.targets?.find((entry) => entry.architecture === 'x86_64');
  const onBothBoards = ['pc-i440fx-*', 'pc-q35-*'].every((board) => target?.machines?.includes(board));
  const code = descriptor.mapping?.executable;
  const vars = descriptor.mapping?.['nvram-template'];
  if (!descriptor['interface-types']?.includes('uefi') || descriptor.mapping?.device !== 'flash') return null;
  if (!onBothBoards || features.includes('requires-smm') || features.includes('secure-boot')) return null;
  if (code?.format !== 'raw' || vars?.format !== 'raw') return null;
  if (code.filename === undefined || vars.filename === undefined) return null;
  return { code: code.filename, varsTemplate: vars.filename };
}
