/** The parts of the probe, by the mark payload.S prints for each. */
export const PARTS = {
  a: 'arithmetic',
  b: 'address space switches',
  d: 'port writes',
  e: 'page faults',
  f: 'software interrupts',
  i: 'lock cmpxchg16b',
  m: 'system calls',
} as const;
export type Part = keyof typeof PARTS;

/** What `t` measures: the timer chip counts 23,864 of its 1,193,182 a second. */
const CALIBRATION_MS = (23_864 / 1_193_182) * 1000;

export interface ProbeMarks {
  /** Long mode was reached. */
  started: boolean;
  /** The last instruction was reached. */
  finished: boolean;
  /** `vector error rip` of an exception nobody asked for. */
  exception: string | null;
  /** Milliseconds of each part that was finished. */
  partMs: Partial<Record<Part, number>>;
}

/**
 * Reads what the probe printed. Ticks become milliseconds by its own calibration; without one there are no times.
 *
 *     L, t=000000000318fca6, a=000000000008906e -> {started: true, partMs: {a: 0.22}}
 */
export function parseMarks(lines: string[]): ProbeMarks {
  const ticks = new Map<string, number>();
  for (const line of lines) {
    const [, mark, hex] = /^([a-z])=([0-9a-f]{16})$/.exec(line) ?? [];
    if (mark !== undefined && hex !== undefined) ticks.set(mark, Number(BigInt(`0x${hex}`)));
  }
  const ticksPerMs = (ticks.get('t') ?? 0) / CALIBRATION_MS;
  const partMs: ProbeMarks['partMs'] = {};
  for (const part of Object.keys(PARTS) as Part[]) {
    const value = ticks.get(part);
    if (value !== undefined && ticksPerMs > 0) partMs[part] = value / ticksPerMs;
  }
  const exception = lines.find((line) => line.startsWith('X '))?.slice(2) ?? null;
  return { started: lines.includes('L'), finished: lines.includes('K'), exception, partMs };
}

/** The part after the last one that was finished: where it stopped. */
export function stoppedIn(marks: ProbeMarks): string {
  if (!marks.started) return 'before long mode';
  const next = (Object.keys(PARTS) as Part[]).find((part) => marks.partMs[part] === undefined);
  return next === undefined ? 'after the last part' : `in ${PARTS[next]}`;
}
