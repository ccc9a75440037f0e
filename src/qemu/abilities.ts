import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { exec } from '../host/exec.ts';
import type { Accelerator } from '../model/guest.ts';
import type { QemuAbilities } from '../model/qemu-abilities.ts';
import { findUefi } from './firmware.ts';

const DEFAULT_BINARY = 'qemu-system-x86_64';
/** Each question starts the binary, asks and ends it: 30 to 60 ms. */
const ASK_TIMEOUT_MS = 60_000;
const TRACE_EVENTS = ['qemu_system_shutdown_request'];

/**
 * Asks the installed QEMU what it can do. Takes about 150 ms: observe once and keep it.
 *
 * @param binary name in PATH or absolute path; default qemu-system-x86_64.
 * @throws PACKAGES_MISSING when it is not installed, QEMU_FAILED when it does not answer.
 */
export async function observeQemu(binary: string = DEFAULT_BINARY): Promise<QemuAbilities> {
  const path = await findBinary(binary);
  const [version, machines, devices, help, accelerators, balloon, trace, dataDirs] = await Promise.all([
    ask(path, '-version'),
    ask(path, '-machine', 'help'),
    ask(path, '-device', 'help'),
    ask(path, '-help'),
    ask(path, '-accel', 'help'),
    ask(path, '-device', 'virtio-balloon-pci,help'),
    ask(path, '-trace', 'help'),
    ask(path, '-L', 'help'),
  ]);
  return {
    binary: path,
    version: /version (\d+(?:\.\d+)+)/.exec(version)?.[1] ?? version.split('\n')[0] ?? '',
    machines: parseMachines(machines),
    devices: parseDevices(devices),
    options: parseOptions(help),
    uefi: await findUefi(),
    accelerators: (['kvm', 'tcg'] satisfies Accelerator[]).filter((name) => accelerators.split(/\s+/).includes(name)),
    aioModes: /aio=([a-z_|]+)/.exec(help)?.[1]?.split('|') ?? [],
    keymaps: await findKeymaps(dataDirs.split('\n').filter((line) => line.startsWith('/'))),
    traceEvents: TRACE_EVENTS.filter((name) => trace.split(/\s+/).includes(name)),
    freePageReporting: balloon.includes('free-page-reporting='),
  };
}

/** `pc                   Standard PC (i440FX + PIIX, 1996) (alias of …)` -> `pc` */
export function parseMachines(text: string): string[] {
  return text.split('\n').flatMap((line) => /^(\S+)\s{2,}\S/.exec(line)?.[1] ?? []);
}

/** `name "virtio-blk-pci", bus PCI, alias "virtio-blk"` -> `virtio-blk-pci` */
export function parseDevices(text: string): string[] {
  return [...text.matchAll(/^name "([^"]+)"/gm)].map((match) => match[1] ?? '');
}

/** `-action reboot=reset|shutdown` -> `action`; an option listed in several forms counts once. */
export function parseOptions(text: string): string[] {
  return [...new Set([...text.matchAll(/^--?([a-z][\w-]*)/gm)].map((match) => match[1] ?? ''))];
}

async function findKeymaps(dataDirs: string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const directory of dataDirs) {
    for (const name of await readdir(join(directory, 'keymaps')).catch(() => [])) names.add(name);
  }
  return [...names].filter((name) => /^[a-z]+(-[a-z]+)?$/.test(name)).sort();
}

async function findBinary(binary: string): Promise<string> {
  const candidates = isAbsolute(binary)
    ? [binary]
    : (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, binary));
  for (const candidate of candidates) {
    if (
      await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      )
    ) {
      return candidate;
    }
  }
  throw notInstalled(binary);
}

async function ask(binary: string, ...args: string[]): Promise<string> {
  try {
    return (await exec(binary, args, { timeoutMs: ASK_TIMEOUT_MS })).stdout;
  } catch (error) {
    if (isLodgeError(error, 'COMMAND_MISSING')) throw notInstalled(binary);
    throw new LodgeError('QEMU_FAILED', `${binary} does not say what it can do`, { cause: error });
  }
}

function notInstalled(binary: string): LodgeError {
  return new LodgeError('PACKAGES_MISSING', `QEMU (${binary}) is not installed`, { hint: 'lodge setup' });
}
