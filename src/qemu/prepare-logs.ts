import { chmod, chown, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exec } from '../host/exec.ts';
import { fileError, makeDirectory } from '../host/files.ts';
import { FILES } from '../model/file-modes.ts';
import type { GuestLog } from '../model/layout.ts';
import { RUN_MARK } from './exit.ts';
import { awaitLogWriter, type GuestLogs } from './log-writer.ts';

/**
 * Makes the files of the logs and the pipes to their writer, which QEMU may write to and nothing else, and marks where in the logs this
 * run begins. What the QEMU before has said is in them first.
 */
export async function prepareLogs({ qemuLog, serialLog }: GuestLogs, gid: number): Promise<void> {
  const logs = serialLog === null ? [qemuLog] : [qemuLog, serialLog];
  await Promise.all(logs.map(awaitLogWriter));
  const mark = `${RUN_MARK} ${new Date().toISOString()}\n`;
  const files = logs.flatMap(({ file }) => [prepareFile(`${file}.1`, ''), prepareFile(file, mark)]);
  await Promise.all([...files, makePipes(logs, gid)]);
}

/** The pipes mean nothing without a QEMU: they go when all of it is in the logs. */
export async function endLogs({ qemuLog, serialLog }: GuestLogs): Promise<void> {
  const logs = serialLog === null ? [qemuLog] : [qemuLog, serialLog];
  await Promise.all(logs.map(awaitLogWriter));
  for (const { pipe } of logs) await rm(pipe, { force: true });
}

/** Its writer has only descriptors: the file is root's. One that an older Lodge gave to QEMU is taken back. */
async function prepareFile(path: string, mark: string): Promise<void> {
  const file = await open(path, 'a', FILES.qemuLog.mode).catch((error: unknown) => {
    throw fileError(error, `cannot make ${path}`);
  });
  try {
    await file.chmod(FILES.qemuLog.mode);
    if (process.getuid?.() === 0) await file.chown(0, 0);
    // The last run may have ended in the middle of a line.
    if (mark !== '') await file.write(`${(await file.stat()).size === 0 ? '' : '\n'}${mark}`);
  } finally {
    await file.close();
  }
}

async function makePipes(logs: GuestLog[], gid: number): Promise<void> {
  const paths = logs.map(({ pipe }) => pipe);
  for (const directory of new Set(paths.map(dirname))) await makeDirectory(directory, { mode: FILES.logPipesDir.mode });
  for (const path of paths) await rm(path, { force: true });
  // Node makes no pipes with names.
  await exec('mkfifo', ['-m', '0600', '--', ...paths]);
  for (const path of paths) {
    if (process.getuid?.() === 0) await chown(path, 0, gid);
    await chmod(path, FILES.logPipe.mode);
  }
}
