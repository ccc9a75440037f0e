import { forTerminal } from '../../base/terminal-text.ts';
import { RUN_MARK } from '../../qemu/exit.ts';
import { readLogTail } from '../../qemu/log-file.ts';

const TAIL_BYTES = 64 * 1024;

/** The last lines of a log, without terminal control sequences; an absent file has none. */
export async function readTail(path: string, lines: number): Promise<string[]> {
  const text = forTerminal((await readLogTail(path, TAIL_BYTES)).toString('utf8'));
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  // slice(-0) is all of them.
  return lines === 0 ? [] : all.slice(-lines);
}

/** The same of QEMU's last run alone: where a guest boots, an earlier boot's words would be told as this one's. */
export async function readRunTail(path: string, lines: number): Promise<string[]> {
  const all = await readTail(path, TAIL_BYTES);
  const ofThisRun = all.slice(all.findLastIndex((line) => line.startsWith(RUN_MARK)) + 1);
  return lines === 0 ? [] : ofThisRun.slice(-lines);
}
