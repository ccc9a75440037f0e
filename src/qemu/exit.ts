import type { GuestLog } from '../model/layout.ts';
import { readLogTail } from './log-file.ts';
import { awaitLogWriter } from './log-writer.ts';

/** Begins each run in QEMU's log and in the serial console's: what stands above belongs to an earlier QEMU. Written before QEMU starts. */
export const RUN_MARK = '--- lodge starts QEMU';

/**
 * How a QEMU ended. `shutdown`: the guest powered itself off; `quit` and `signal`: somebody on the host asked for it;
 * `crash`: everything else, the guest's panic and a QEMU that vanished without a word (SIGKILL, the out-of-memory
 * killer, an abort, the watchdog's `poweroff`, a loss of power) included.
 */
export interface QemuExit {
  kind: 'shutdown' | 'quit' | 'signal' | 'crash';
  /** In words, for people. */
  reason: string;
}

/**
 * QEMU's ShutdownCause by number (qapi/run-state.json). QEMU itself depends on the order of the first nine; later versions
 * only added behind them.
 */
const CAUSES: (QemuExit | null)[] = [
  null,
  { kind: 'crash', reason: 'QEMU gave up after an error of its own' },
  { kind: 'quit', reason: 'it was ended through its monitor' },
  null,
  { kind: 'signal', reason: 'it was ended by a signal' },
  { kind: 'quit', reason: 'it was ended through its display' },
  { kind: 'shutdown', reason: 'the guest powered itself off' },
  { kind: 'shutdown', reason: 'the guest reset itself, and was told to end then' },
  { kind: 'crash', reason: "the guest's kernel panicked" },
];

const TAIL_BYTES = 64 * 1024;
const LAST_WORDS_CHARACTERS = 500;

/**
 * Reads from its log how the last QEMU of a guest ended. It works whoever was watching, because QEMU writes the record
 * itself (a trace event on its command line): docs/decisions/0003-qemu.md has the reasons.
 */
export async function readExit(log: GuestLog): Promise<QemuExit> {
  return parseExit(await readLastWords(log));
}

/** The end of what an ended QEMU has said, all of it: its log's writer is heard out first. */
export async function readLastWords(log: GuestLog): Promise<string> {
  await awaitLogWriter(log);
  return (await readLogTail(log.file, TAIL_BYTES)).toString('utf8');
}

/**
 *     19826@1795446468.089337:qemu_system_shutdown_request reason=6              -> shutdown
 *     2026-11-23T15:07:48Z qemu-system-x86_64: terminating on signal 15 from pid -> signal
 *     (nothing of that kind)                                                     -> crash
 */
export function parseExit(log: string): QemuExit {
  const lines = log.slice(Math.max(0, log.lastIndexOf(RUN_MARK))).split('\n');
  for (const line of lines.toReversed()) {
    const reason = /^\d+@[\d.]+:qemu_system_shutdown_request reason=(\d+)/.exec(line)?.[1];
    if (reason !== undefined)
      return (
        CAUSES[Number(reason)] ?? { kind: 'crash', reason: `QEMU ended with ${line.slice(0, LAST_WORDS_CHARACTERS)}` }
      );
    const signal = / terminating on signal (.+)$/.exec(line)?.[1];
    if (signal !== undefined)
      return { kind: 'signal', reason: `it was ended by signal ${signal.slice(0, LAST_WORDS_CHARACTERS)}` };
  }
  const words = lines.slice(1).join('\n').trim().slice(-LAST_WORDS_CHARACTERS);
  const said = words === '' ? 'it said nothing' : `its last words: ${words}`;
  return { kind: 'crash', reason: `QEMU vanished (killed, or no memory left?); ${said}` };
}
