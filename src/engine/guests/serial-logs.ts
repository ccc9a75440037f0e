import { stat, truncate } from 'node:fs/promises';
import { explainError } from '../../base/errors.ts';
import { MIB } from '../../base/size.ts';
import { writeFileAtomically } from '../../host/files.ts';
import { FILES } from '../../model/file-modes.ts';
import type { Log } from '../log.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';
import { readTailBytes } from './log-tail.ts';
import type { Supervisor } from './supervisor.ts';

const LIMIT_BYTES = 4 * MIB;
const KEPT_BYTES = 1 * MIB;
const INTERVAL_MS = 10_000;

/**
 * Keeps the serial logs of running guests bounded. QEMU appends to the file and keeps it open, so it is cut short in
 * place: the end of it goes to `serial.log.1` first.
 */
export function boundSerialLogs(supervisor: Supervisor, deps: GuestDeps, log: Log): () => void {
  const timer = setInterval(() => {
    for (const name of supervisor.watched()) {
      boundLog(deps, name).catch((error: unknown) => log.warn({ guest: name }, `serial log: ${explainError(error)}`));
    }
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function boundLog(deps: GuestDeps, name: string): Promise<void> {
  const record = deps.store.guests.find(name);
  if (record === null) return;
  const { serialLog } = layoutOfGuest(deps.layout, record);
  const size = await stat(serialLog).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= LIMIT_BYTES) return;
  const kept = await readTailBytes(serialLog, KEPT_BYTES);
  await writeFileAtomically(`${serialLog}.1`, kept, { mode: FILES.serialLogKept.mode, untilReboot: true });
  await truncate(serialLog, 0);
}
