import type { DoctorCheck } from '../model/doctor.ts';

/** What stands under several checks is told at the first of them; the others name it. */
export function tellOnce(checks: readonly DoctorCheck[]): DoctorCheck[] {
  const toldAt = new Map<string, string>();
  return checks.map((check) => {
    const lines = check.detail.split('\n').filter((line) => line !== '');
    const first = toldAt.get(lines[0] ?? '');
    const kept = lines.filter((line) => !toldAt.has(line));
    for (const line of kept) toldAt.set(line, check.id);
    if (kept.length === lines.length) return check;
    const why = kept.length === 0 ? [`What is told at ${first} is the reason for ${check.id} too.`] : [];
    return { ...check, detail: [...kept, ...why].join('\n') };
  });
}
