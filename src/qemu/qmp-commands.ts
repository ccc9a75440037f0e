import { isLodgeError } from '../base/errors.ts';
import { MIB } from '../base/size.ts';
import { QEMU_NAMES } from '../model/qemu-names.ts';
import type { Monitor } from './monitor.ts';

/** QEMU's RunState: `running`, `paused`, `shutdown`, `guest-panicked`, `io-error`, `internal-error`, `watchdog` … */
export async function queryStatus(monitor: Monitor): Promise<{ running: boolean; status: string }> {
  const { running, status } = await monitor.execute<{ running: boolean; status: string }>('query-status');
  return { running, status };
}

export async function queryUuid(monitor: Monitor): Promise<string> {
  return (await monitor.execute<{ UUID: string }>('query-uuid')).UUID;
}

export async function queryName(monitor: Monitor): Promise<string | null> {
  return (await monitor.execute<{ name?: string }>('query-name')).name ?? null;
}

/** Presses the ACPI power button: the guest may obey, take its time, or ignore it. */
export async function systemPowerdown(monitor: Monitor): Promise<void> {
  await monitor.execute('system_powerdown');
}

/** Ends QEMU at once, disks flushed. A connection that closes before the answer is an answer too. */
export async function quit(monitor: Monitor): Promise<void> {
  try {
    await monitor.execute('quit');
  } catch (error) {
    if (!isLodgeError(error, 'QMP_CLOSED')) throw error;
  }
}

export async function stopCpus(monitor: Monitor): Promise<void> {
  await monitor.execute('stop');
}

export async function continueCpus(monitor: Monitor): Promise<void> {
  await monitor.execute('cont');
}

/** Sets the balloon's target. The guest follows in its own time: `queryBalloon` shows how far it is. */
export async function setBalloon(monitor: Monitor, targetMiB: number): Promise<void> {
  await monitor.execute('balloon', { value: targetMiB * MIB });
}

/**
 * Memory the guest has at this moment, in MiB. QEMU subtracts what the guest writes into a register of the balloon (virtio_balloon_set_config
 * in its hw/virtio/virtio-balloon.c), unlooked at: null when that cannot be.
 *
 * @param mostMiB what it was started with
 */
export async function queryBalloon(monitor: Monitor, mostMiB: number): Promise<number | null> {
  const { actual: bytes } = await monitor.execute<{ actual: unknown }>('query-balloon');
  return typeof bytes === 'number' && bytes >= 0 && bytes <= mostMiB * MIB ? bytes / MIB : null;
}

/** Memory the guest was started with, in MiB: the balloon's limit. */
export async function queryMemorySize(monitor: Monitor): Promise<number> {
  return (await monitor.execute<{ 'base-memory': number }>('query-memory-size-summary'))['base-memory'] / MIB;
}

/** Grows the disk under a running guest. `sizeBytes` must not be below its size: the caller has checked. */
export async function blockResize(monitor: Monitor, sizeBytes: number): Promise<void> {
  await monitor.execute('block_resize', { 'node-name': QEMU_NAMES.diskNode, size: sizeBytes });
}

/** Puts a CD in: an open file, because QEMU is confined to the names of its start. It has a descriptor of its own afterwards. */
export async function changeMedium(monitor: Monitor, descriptor: number): Promise<void> {
  const { 'fdset-id': set } = await monitor.execute<{ 'fdset-id': number }>('add-fd', undefined, { descriptor });
  try {
    await monitor.execute('blockdev-change-medium', {
      id: QEMU_NAMES.cdDevice,
      filename: `/dev/fdset/${set}`,
      format: 'raw',
      'read-only-mode': 'read-only',
    });
  } catch (error) {
    await monitor.execute('remove-fd', { 'fdset-id': set });
    throw error;
  }
  await dropFirstMedium(monitor);
  await dropDescriptors(monitor, set);
}

/** Empties the tray, locked by the guest or not. */
export async function ejectMedium(monitor: Monitor): Promise<void> {
  await monitor.execute('eject', { id: QEMU_NAMES.cdDevice, force: true });
  await dropFirstMedium(monitor);
  await dropDescriptors(monitor, null);
}

/** The medium named on the command line stays open after it has left the tray until its node is deleted. */
async function dropFirstMedium(monitor: Monitor): Promise<void> {
  try {
    await monitor.execute('blockdev-del', { 'node-name': QEMU_NAMES.cdNode });
  } catch (error) {
    // There was none: the guest started with an empty tray, or it was deleted before.
    if (!isLodgeError(error, 'QMP_FAILED')) throw error;
  }
}

/** Closes the files of CDs that are in no tray any more. */
async function dropDescriptors(monitor: Monitor, kept: number | null): Promise<void> {
  for (const { 'fdset-id': set } of await monitor.execute<{ 'fdset-id': number }[]>('query-fdsets')) {
    if (set !== kept) await monitor.execute('remove-fd', { 'fdset-id': set });
  }
}

export interface BlockDevice {
  /** Path of the device in QEMU's object tree; ends in its `id=`. */
  qdev: string;
  /** The file of the topmost image, null for an empty tray. */
  file: string | null;
  trayOpen: boolean | null;
  /** Size the guest sees; null for an empty tray. */
  sizeBytes: number | null;
  /** `failed`, `nospace` or `ok`. */
  ioStatus: string | null;
}

interface RawBlock {
  qdev?: string;
  'tray-open'?: boolean;
  'io-status'?: string;
  inserted?: { file?: string; image?: { filename?: string; 'virtual-size'?: number } };
}

export async function queryBlock(monitor: Monitor): Promise<BlockDevice[]> {
  const blocks = await monitor.execute<RawBlock[]>('query-block');
  return blocks.map((block) => ({
    qdev: block.qdev ?? '',
    file: block.inserted?.image?.filename ?? block.inserted?.file ?? null,
    trayOpen: block['tray-open'] ?? null,
    sizeBytes: block.inserted?.image?.['virtual-size'] ?? null,
    ioStatus: block['io-status'] ?? null,
  }));
}

/** Writes the screen as PNG to `path`, which QEMU opens as its own user. */
export async function screendump(monitor: Monitor, path: string): Promise<void> {
  await monitor.execute('screendump', { filename: path, format: 'png' });
}

/** Presses keys together, by QEMU's names: `['ctrl', 'alt', 'delete']`. */
export async function sendKey(monitor: Monitor, keys: string[]): Promise<void> {
  await monitor.execute('send-key', { keys: keys.map((data) => ({ type: 'qcode', data })) });
}
