import type { AcceleratorMeasurement } from '../../model/doctor.ts';
import type { Accelerator } from '../../model/guest.ts';
import type { ProbeRun } from './boot.ts';
import { PARTS, type Part, type ProbeMarks, parseMarks, stoppedIn } from './marks.ts';

/** payload.S writes 16 to isa-debug-exit. */
const SUCCESS_STATUS = 33;
/** Good KVM takes below 1 ms for the arithmetic and 100 ms for the whole; the bad one seen took 374 to 680 ms. */
const ARITHMETIC_MAX_MS = 20;
const WHOLE_MAX_MS = 3_000;

type Judged = Pick<AcceleratorMeasurement, 'verdict' | 'reason'>;

/** Decides from one boot of the probe whether guests should run under the accelerator; in words, with the numbers. */
export function judgeRun(accel: Accelerator, run: ProbeRun): AcceleratorMeasurement {
  const marks = parseMarks(run.lines);
  const finished = run.exitCode === SUCCESS_STATUS && marks.finished;
  return {
    accel,
    ...judge(accel, run, marks, finished),
    wholeRunMs: finished ? Math.round(run.tookMs) : null,
    arithmeticMs: rounded(marks.partMs.a),
    contextSwitchMs: rounded(marks.partMs.b),
    pageFaultMs: rounded(marks.partMs.e),
    portIoMs: rounded(marks.partMs.d),
  };
}

function judge(accel: Accelerator, run: ProbeRun, marks: ProbeMarks, finished: boolean): Judged {
  const numbers = describeParts(marks);
  if (!finished) return judgeUnfinished(run, marks, numbers);
  const arithmeticMs = marks.partMs.a ?? Number.POSITIVE_INFINITY;
  // Emulation is the last resort: slow is what it may be, on a busy host all the more.
  if (accel === 'kvm' && arithmeticMs > ARITHMETIC_MAX_MS) {
    return { verdict: 'slow', reason: `arithmetic may take ${ARITHMETIC_MAX_MS} ms; ${numbers}` };
  }
  if (accel === 'kvm' && run.tookMs > WHOLE_MAX_MS) {
    return { verdict: 'slow', reason: `the whole may take ${WHOLE_MAX_MS} ms; ${numbers}` };
  }
  return { verdict: 'works', reason: `a 64-bit guest ran to its end in ${Math.round(run.tookMs)} ms; ${numbers}` };
}

function judgeUnfinished(run: ProbeRun, marks: ProbeMarks, numbers: string): Judged {
  const said = run.lines.join('\n');
  if (/Could not access KVM kernel module: No such file|invalid accelerator/.test(said)) {
    return {
      verdict: 'absent',
      reason: 'there is no /dev/kvm: virtualization is off in the firmware, or no module is loaded',
    };
  }
  if (/Could not access KVM kernel module: Permission denied/.test(said)) {
    return { verdict: 'broken', reason: "QEMU's user may not open /dev/kvm" };
  }
  const where = stoppedIn(marks);
  const internal = run.lines.find((line) => line.startsWith('KVM internal error'));
  if (internal !== undefined) {
    const what = said.includes('\nemulation failure') ? 'emulation failure' : internal;
    return {
      verdict: 'broken',
      reason: `the guest stopped ${where} with a KVM internal error (${what})${after(numbers)}`,
    };
  }
  if (marks.exception !== null) {
    return { verdict: 'broken', reason: `the guest took an exception it did not cause ${where} (${marks.exception})` };
  }
  if (run.timedOut) {
    const verdict = (marks.partMs.a ?? 0) > ARITHMETIC_MAX_MS ? 'slow' : 'broken';
    return { verdict, reason: `after ${seconds(run.tookMs)} the guest was still ${where}${after(numbers)}` };
  }
  const words = run.lines.findLast((line) => /^qemu-system|error|Assertion/.test(line));
  return {
    verdict: 'broken',
    reason: `QEMU itself ended ${where}${words === undefined ? '' : `: ${shortened(words)}`}`,
  };
}

const WORDS_MAX_CHARACTERS = 160;

/**
 * `qemu-system-x86_64: ../target/i386/kvm/kvm.c:2990: kvm_buf_set_msrs: Assertion `ret == n' failed.` -> from the function on: the path
 * is one of whoever built QEMU.
 */
function shortened(words: string): string {
  const said = words.replace(/^\S*qemu-system-\S+: /, '').replace(/^\S+\.[ch]:\d+: /, '');
  return said.length > WORDS_MAX_CHARACTERS ? `${said.slice(0, WORDS_MAX_CHARACTERS - 1)}…` : said;
}

/** `arithmetic 0.2 ms, page faults 1.1 ms, …` of what was finished. */
function describeParts(marks: ProbeMarks): string {
  return (Object.keys(PARTS) as Part[])
    .flatMap((part) => (marks.partMs[part] === undefined ? [] : [`${PARTS[part]} ${rounded(marks.partMs[part])} ms`]))
    .join(', ');
}

function after(numbers: string): string {
  return numbers === '' ? '' : `, after ${numbers}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function rounded(ms: number | undefined): number | null {
  if (ms === undefined) return null;
  return ms < 10 ? Math.round(ms * 100) / 100 : Math.round(ms);
}
