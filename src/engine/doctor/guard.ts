import { explainError } from '../../base/errors.ts';
import type { DoctorCheck } from '../../model/doctor.ts';
import { unchecked } from '../../plan/doctor-check.ts';

/** Runs checks that share their facts; when the facts cannot be had, each of the ids is reported as unchecked. */
export async function guarded(ids: string[], run: () => Promise<DoctorCheck[]>): Promise<DoctorCheck[]> {
  try {
    return await run();
  } catch (error) {
    return ids.map((id) => unchecked(id, explainError(error)));
  }
}
