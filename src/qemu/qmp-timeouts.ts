/**
 * How long a monitor command may take. QEMU answers from its main loop: an answer that does not come within this time
 * means that the loop hangs (most often on a disk that does not answer).
 */
export const QMP_TIMEOUT_MS = 5_000;

/** Greeting and capabilities. QEMU serves one client on the socket: while another one is there, no greeting comes. */
export const QMP_CONNECT_TIMEOUT_MS = 5_000;

/** The exceptions, each with its reason. */
const EXCEPTIONS: Record<string, { timeoutMs: number; reason: string }> = {
  quit: { timeoutMs: 30_000, reason: 'flushes and closes every disk first' },
  stop: { timeoutMs: 30_000, reason: 'waits until disk requests under way are done' },
  block_resize: { timeoutMs: 60_000, reason: 'drains the disk, and qcow2 may have to grow its tables' },
  screendump: {
    timeoutMs: 15_000,
    reason: 'compresses the picture, under emulation beside the guest on the same core',
  },
  'blockdev-change-medium': { timeoutMs: 15_000, reason: 'opens the file, which may lie on a slow or distant disk' },
  eject: { timeoutMs: 15_000, reason: 'closes the medium after the reads under way' },
  'query-block': { timeoutMs: 15_000, reason: 'asks the file system for each image of the chain' },
};

export function timeoutOf(command: string): number {
  return EXCEPTIONS[command]?.timeoutMs ?? QMP_TIMEOUT_MS;
}
