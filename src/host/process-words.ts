import { readFile } from 'node:fs/promises';

/** The words a process was started with (proc_pid_cmdline(5)); empty when there is none of that id, or it has ended. */
export async function processWords(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0').filter((word) => word !== '');
}
