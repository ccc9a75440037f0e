import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { readStart } from '../base/bounded-file.ts';

/** MAX_ARG_STRLEN of the kernel: as long as one word may be. Anybody gives a process of his own megabytes of them. */
export const WORDS_MAX_BYTES = 128 * 1024;

/** The words a process was started with, the program first (proc_pid_cmdline(5)); none when there is no such process, or it has ended. */
export async function processWords(pid: number): Promise<string[]> {
  const bytes = await readStart(`/proc/${pid}/cmdline`, WORDS_MAX_BYTES).catch(() => '');
  return bytes.toString().split('\0').slice(0, -1);
}

/**
 * Whether the process belongs to one of these users: its real, effective and saved user are. Words and names anybody can give to a
 * process of his own; its user he cannot choose.
 */
export async function belongsTo(pid: number, uids: readonly number[]): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const ids = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(status)?.slice(1, 4).map(Number);
  return ids?.every((id) => uids.includes(id)) ?? false;
}

/** The name of the file that a process executes, null when there is none. One that an upgrade replaced keeps its name. */
export async function executableOf(pid: number): Promise<string | null> {
  const path = await readlink(`/proc/${pid}/exe`).catch(() => null);
  return path === null ? null : basename(path.replace(/ \(deleted\)$/, ''));
}
