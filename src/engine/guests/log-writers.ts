import { open } from 'node:fs/promises';
import { explainError } from '../../base/errors.ts';
import { MIB } from '../../base/size.ts';
import { writeFileAtomically } from '../../host/files.ts';
import { FILES } from '../../model/file-modes.ts';
import type { GuestLayout } from '../../model/layout.ts';
import { hasLogWriter, replaceLogWriter } from '../../qemu/log-writer.ts';
import type { Log } from '../log.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';
import { GuestRate } from './guest-rate.ts';
import type { Supervisor } from './supervisor.ts';

const INTERVAL_MS = 10_000;
/** Of one guest: whatever ends its writers again and again, it costs others nothing. */
const MOST_REPLACED = { most: 5, withinMs: 60 * 60_000 };
/** Of a QEMU that an older Lodge has started, which writes to its serial log itself. */
const OLD_LIMIT_BYTES = 4 * MIB;

/** A log whose writer has ended (somebody killed it, or the kernel did for memory) is dropped until it has another one. */
export function replaceLogWriters(supervisor: Supervisor, deps: GuestDeps, log: Log): () => void {
  const rate = new GuestRate(deps.clock, MOST_REPLACED);
  const look = async (name: string) => {
    const record = deps.store.guests.find(name);
    if (record === null) return;
    const layout = layoutOfGuest(deps.layout, record);
    const [ofQemu, ofSerial] = [await hasLogWriter(layout.qemuLog), await hasLogWriter(layout.serialLog)];
    if (ofQemu === null || ofSerial === null) return boundOldLog(layout);
    if (ofQemu || ofSerial || (await deps.supervisor.pidOf(name)) === null || !rate.take(name)) return;
    log.warn({ guest: name }, 'the writer of its logs had ended: another one is started');
    await replaceLogWriter(layout, await deps.machine.logWriter());
  };
  const timer = setInterval(() => {
    for (const name of supervisor.watched()) {
      look(name).catch((error: unknown) => log.warn({ guest: name }, `its logs: ${explainError(error)}`));
    }
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Cut short in place: QEMU appends to the file and keeps it open. */
async function boundOldLog({ serialLog: { file: path } }: GuestLayout): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    if (size <= OLD_LIMIT_BYTES) return;
    const kept = await file.read(Buffer.alloc(MIB), 0, MIB, size - MIB);
    const end = kept.buffer.subarray(0, kept.bytesRead);
    await writeFileAtomically(`${path}.1`, end, { mode: FILES.serialLog.mode, untilReboot: true });
    await file.truncate(0);
  } finally {
    await file.close();
  }
}
