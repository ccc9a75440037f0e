import { gunzipSync } from 'node:zlib';
import type { Problem } from '../../base/errors.ts';
import { MIB } from '../../base/size.ts';
import { type StoredUserData, USER_DATA_MAX_BYTES, userDataBytes } from '../../model/user-data.ts';
import { judgeUserData } from '../../parse/user-data/judge.ts';

/** Of what a gzip unpacks to. */
const UNPACKED_MAX_BYTES = 32 * MIB;

/** What cloud-init would leave out (problems), and what is hardly meant (warnings). No word of it is in either. */
export function checkUserData(stored: StoredUserData): { problems: Problem[]; warnings: string[] } {
  const bytes = userDataBytes(stored);
  if (bytes === null) return { problems: [], warnings: [] };
  const path = 'userData';
  if (bytes.length > USER_DATA_MAX_BYTES) {
    const rule = `must be at most ${USER_DATA_MAX_BYTES / MIB}MiB: this has ${bytes.length} bytes`;
    return { problems: [{ path, rule, value: undefined }], warnings: [] };
  }
  const findings = judgeUserData(bytes, unpack);
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  return {
    problems: errors.map(({ rule }) => ({ path, rule: `must ${rule}`, value: undefined })),
    warnings: warnings.map(({ rule }) => `user-data should ${rule}`),
  };
}

/** A gzip of zeros that unpacks to more counts as damaged: no guest would be better off with it. */
function unpack(bytes: Uint8Array): Uint8Array | null {
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_MAX_BYTES });
  } catch {
    return null;
  }
}
