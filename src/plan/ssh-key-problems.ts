import type { Problem } from '../base/errors.ts';
import { parseSshPublicKey } from '../model/ssh-public-key.ts';

/** Every key of a request that is none. */
export function sshKeyProblems(keys: readonly string[]): Problem[] {
  return keys.flatMap((key, index) => {
    const read = parseSshPublicKey(key);
    return read.ok ? [] : [{ path: `sshKeys[${index}]`, rule: `must be ${read.reason}`, value: key.slice(0, 60) }];
  });
}
