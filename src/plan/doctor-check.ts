import type { DoctorCheck } from '../model/doctor.ts';

/** The check found nothing to mend. */
export function fine(id: string, summary: string, detail = ''): DoctorCheck {
  return { id, status: 'ok', summary, detail, fix: null };
}

/** Lodge works, less well or not for long. */
export function warned(id: string, summary: string, detail: string, fix: string | null): DoctorCheck {
  return { id, status: 'warn', summary, detail, fix };
}

/** Guests cannot run until it is mended. */
export function failing(id: string, summary: string, detail: string, fix: string | null): DoctorCheck {
  return { id, status: 'fail', summary, detail, fix };
}

/** The check itself broke: said as that, so that it hides nothing of the others. */
export function unchecked(id: string, reason: string): DoctorCheck {
  return warned(id, `${id} could not be checked`, reason, null);
}
