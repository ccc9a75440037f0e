import { MIB } from '../base/size.ts';
import { QEMU_NAMES } from '../model/qemu-names.ts';
import type { Monitor } from './monitor.ts';

const BALLOON_PATH = `/machine/peripheral/${QEMU_NAMES.balloonDevice}`;
/** QEMU writes 2^64-1 for what the guest did not tell; read as a double it is 2^64. */
const UNKNOWN = 2 ** 64;

/** What the guest's balloon driver tells of its memory, in MiB; null where it told nothing. */
export interface BalloonStatistics {
  /** Seconds since 1970; null when the guest has not answered yet. */
  updatedAtS: number | null;
  totalMiB: number | null;
  freeMiB: number | null;
  availableMiB: number | null;
  diskCachesMiB: number | null;
  swapInMiB: number | null;
  swapOutMiB: number | null;
}

/** Asks the guest for its statistics every so many seconds; 0 stops it (QEMU docs/interop/virtio-balloon-stats.rst). */
export async function pollBalloonStatistics(monitor: Monitor, intervalS: number): Promise<void> {
  const property = 'guest-stats-polling-interval';
  await monitor.execute('qom-set', { path: BALLOON_PATH, property, value: intervalS });
}

export async function readBalloonStatistics(monitor: Monitor): Promise<BalloonStatistics> {
  const answer = await monitor.execute<{ 'last-update': number; stats: Record<string, number> }>('qom-get', {
    path: BALLOON_PATH,
    property: 'guest-stats',
  });
  const inMiB = (name: string): number | null => {
    const bytes = answer.stats[name];
    return bytes === undefined || bytes < 0 || bytes >= UNKNOWN ? null : Math.round((bytes / MIB) * 10) / 10;
  };
  return {
    updatedAtS: answer['last-update'] === 0 ? null : answer['last-update'],
    totalMiB: inMiB('stat-total-memory'),
    freeMiB: inMiB('stat-free-memory'),
    availableMiB: inMiB('stat-available-memory'),
    diskCachesMiB: inMiB('stat-disk-caches'),
    swapInMiB: inMiB('stat-swap-in'),
    swapOutMiB: inMiB('stat-swap-out'),
  };
}
