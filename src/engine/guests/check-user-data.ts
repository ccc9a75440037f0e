import { gunzipSync } from 'node:zlib';
import type { Problem } from '../../base/errors.ts';
import { MIB } from '../../base/size.ts';
import {
  type StoredUserData,
  USER_DATA_MAX_BYTES,
  USER_DATA_UNPACKED_MAX_BYTES,
  userDataBytes,
} from '../../model/user-data.ts';
import { judgeUserData, type Unpack } from '../../parse/user-data/judge.ts';

const VERBS = { error: 'must', warning: 'should' } as const;

/** What cloud-init would leave out (problems, with the warnings then), and what is hardly meant (warnings). Of its words a slip of a key alone. */
export function checkUserData(stored: StoredUserData): { problems: Problem[]; warnings: string[] } {
  const bytes = userDataBytes(stored);
  if (bytes === null) return { problems: [], warnings: [] };
  const path = 'userData';
  if (bytes.length > USER_DATA_MAX_BYTES) {
    const rule = `must be at most ${USER_DATA_MAX_BYTES / MIB}MiB: this has ${bytes.length} bytes`;
    return { problems: [{ path, rule, value: undefined }], warnings: [] };
  }
  const findings = judgeUserData(bytes, boundedUnpack());
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  // Whoever has to mend the file hears of all of it at once.
  const told = errors.length === 0 ? [] : findings.map(({ severity, rule }) => `${VERBS[severity]} ${rule}`);
  return {
    problems: told.map((rule) => ({ path, rule, value: undefined })),
    warnings: warnings.map(({ rule }) => `user-data should ${rule}`),
  };
}

/** What unpacks to more than the room that is left, or is damaged, is null: no guest would be better off with it. */
function boundedUnpack(): Unpack {
  let leftBytes = USER_DATA_UNPACKED_MAX_BYTES;
  return (bytes) => {
    try {
      const unpacked = gunzipSync(bytes, { maxOutputLength: Math.max(1, leftBytes) });
      leftBytes -= unpacked.length;
      return leftBytes < 0 ? null : unpacked;
    } catch {
      return null;
    }
  };
}
